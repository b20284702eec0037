using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd;

/// <summary>An entry of <c>linkPatterns</c> in <c>deploy/jaeger/ui.json</c>.</summary>
internal sealed partial record DeployLink(string Type, string Key, string Url, string Text)
{
    public static JsonObject Configuration { get; } = JsonNode.Parse(File.ReadAllText(Path.Combine(DeployJaeger.Folder, "ui.json")))!.AsObject();

    public static IReadOnlyList<DeployLink> All { get; } =
        Configuration["linkPatterns"].Deserialize<DeployLink[]>(JsonSerializerOptions.Web)!;

    /// <summary>The tag that the search is for.</summary>
    public string SearchedTag => JsonNode.Parse(Uri.UnescapeDataString(TagsInUrl.Match(Fill("x")).Groups[1].Value))!.AsObject().Single().Key;

    /// <summary>The names that stand in <c>#{…}</c>.</summary>
    public IEnumerable<string> Parameters => Parameter.Matches(Url + Text).Select(static match => match.Groups[1].Value).Distinct();

    /// <summary>The link of a span whose tag has this value, as Jaeger's page makes it: with the value percent-encoded.</summary>
    public string Fill(string value) => Parameter.Replace(Url, Uri.EscapeDataString(value));

    [GeneratedRegex("#\\{([^{}]*)\\}")]
    private static partial Regex Parameter { get; }

    [GeneratedRegex("[?&]tags=([^&]*)")]
    private static partial Regex TagsInUrl { get; }
}

using System.Globalization;
using System.Text.Json;

namespace Gateway.Tests.Wire;

/// <summary>
/// A row of the catalogue: what is sent on one connection, and what must come of it. A text is a string, or a list of strings and of
/// <c>{"repeat": …, "times": …}</c>; a character is a byte.
/// </summary>
/// <param name="Id">The catalogue's number and what is special about the request; the name of the test.</param>
/// <param name="Clause">Where it is written that it must be so.</param>
/// <param name="Send">The bytes.</param>
/// <param name="Answers">
/// In order: <c>200 app</c>, <c>200 head</c> for the app's answer to HEAD, and where the request is refused the status
/// and the reason, <c>400 target_refused</c>.
/// </param>
/// <param name="Arrives">Each request that the app gets, without the four fields that the gateway adds, its body without framing; <c>{app}</c> is the app's address.</param>
/// <param name="Ends">Whether the client's connection is <c>open</c> after that, so that a further request is served on it, or <c>closed</c>.</param>
/// <param name="IsCut">Whether a part of a request reached the app, whose connection then ended before the request was whole.</param>
/// <param name="Settings">Of the gateway.</param>
public sealed record WireVector(
    string Id, string Clause, string Send, IReadOnlyList<string> Answers, IReadOnlyList<string> Arrives, string Ends, bool IsCut,
    IReadOnlyList<(string Key, string Value)> Settings)
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "Wire", "vectors");

    public static IReadOnlyList<WireVector> Read(string file) => Read(file, Of);

    internal static IReadOnlyList<T> Read<T>(string file, Func<JsonElement, T> of)
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file)));
        return [.. vectors.RootElement.EnumerateArray().Select(of)];
    }

    internal static string Text(JsonElement text) => text.ValueKind switch
    {
        JsonValueKind.Array => string.Concat(text.EnumerateArray().Select(Text)),
        JsonValueKind.Object => string.Concat(Enumerable.Repeat(Text(text.GetProperty("repeat")), Times(text))),
        _ => text.GetString()!,
    };

    private static WireVector Of(JsonElement vector) => new(
        vector.GetProperty("id").GetString()!,
        vector.GetProperty("clause").GetString()!,
        Text(vector.GetProperty("send")),
        [.. vector.GetProperty("answers").EnumerateArray().Select(static answer => answer.GetString()!)],
        [.. vector.GetProperty("arrives").EnumerateArray().Select(Text)],
        vector.GetProperty("ends").GetString()!,
        vector.TryGetProperty("cut", out JsonElement cut) && cut.GetBoolean(),
        vector.TryGetProperty("settings", out JsonElement settings)
            ? [.. settings.EnumerateObject().Select(static setting => (setting.Name, setting.Value.GetString()!))]
            : []);

    private static int Times(JsonElement text) => int.Parse(text.GetProperty("times").GetRawText(), CultureInfo.InvariantCulture);
}

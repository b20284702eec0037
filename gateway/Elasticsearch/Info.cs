using System.Text.Json;

namespace Gateway.Elasticsearch;

/// <summary>What a node says in answer to <c>GET /</c>: who it is.</summary>
/// <param name="Json">The whole of it.</param>
/// <param name="Node">Its name; null where the answer has none.</param>
/// <param name="Cluster">The name of its cluster; null where the answer has none.</param>
internal sealed record Info(ReadOnlyMemory<byte> Json, string? Node, string? Cluster)
{
    public static readonly ElasticsearchCall Call = new("info", "");

    /// <summary>What is said here; where it has been said before, that.</summary>
    public static Info Read(ReadOnlyMemory<byte> json, Info? last)
    {
        if (last is not null && last.Json.Span.SequenceEqual(json.Span))
        {
            return last;
        }

        try
        {
            using JsonDocument info = JsonDocument.Parse(json);
            return new Info(json, Text(info.RootElement, "name"), Text(info.RootElement, "cluster_name"));
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text that is no Unicode, such as half a surrogate pair.
            // Whoever wants the body will meet the same and say so.
            return new Info(json, null, null);
        }
    }

    private static string? Text(JsonElement info, string name) =>
        info.ValueKind == JsonValueKind.Object && info.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

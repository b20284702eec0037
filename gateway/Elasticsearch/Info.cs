using System.Text.Json;

namespace Gateway.Elasticsearch;

/// <summary>The call <c>GET /</c>, in which a node says who it is.</summary>
internal static class Info
{
    public static readonly ElasticsearchCall Call = new("info", "");

    /// <summary>The names of the node and its cluster; null where the answer does not have them.</summary>
    public static (string? Node, string? Cluster) NamesIn(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument info = JsonDocument.Parse(json);
            return (Text(info.RootElement, "name"), Text(info.RootElement, "cluster_name"));
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text that is no Unicode, such as half a surrogate pair.
            // Whoever wants the body will meet the same and say so.
            return default;
        }
    }

    private static string? Text(JsonElement info, string name) =>
        info.ValueKind == JsonValueKind.Object && info.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

using System.Globalization;
using System.Text.Json;
using Gateway.Configuration;

namespace Gateway.Elasticsearch;

/// <summary>The call <c>GET /_nodes/http</c>, in which a cluster names its nodes.</summary>
internal static class SniffedNodes
{
    /// <summary>Only what is needed: an answer has some 150 bytes for each node.</summary>
    public static readonly ElasticsearchCall Call = new("nodes.info", "_nodes/http?filter_path=nodes.*.roles,nodes.*.http.publish_address");

    /// <summary>More nodes than a cluster has: each would be tried before those that are known to work.</summary>
    private const int MostNodes = 1000;

    /// <summary>
    /// The URLs of the nodes that can serve reads, in the scheme and below the path of the node that was asked; none where the answer is
    /// unusable.
    /// </summary>
    public static IReadOnlyList<Uri> In(ReadOnlyMemory<byte> json, Uri asked)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(json);
            Uri[] named =
            [
                .. from node in answer.RootElement.GetProperty("nodes").EnumerateObject()
                   where CanServe(node.Value)
                   let address = AddressOf(node.Value, asked)
                   where address is not null
                   select address,
            ];
            return named.Length <= MostNodes ? named : [];
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // InvalidOperationException: a value of another kind than it should be.
            return [];
        }
    }

    /// <summary>A dedicated master, voting-only or not, is to be left in peace: it has the cluster to mind, and neither data nor pipelines.</summary>
    private static bool CanServe(JsonElement node)
    {
        if (!node.TryGetProperty("roles", out JsonElement roles))
        {
            return true;
        }

        string[] names = [.. roles.EnumerateArray().Select(static role => role.GetString() ?? "")];
        return !names.Any(static name => name is "master" or "voting_only")
            || names.Any(static name => name is "data" or "ingest" || name.StartsWith("data_", StringComparison.Ordinal));
    }

    /// <summary>
    /// <c>ip:port</c>, or <c>name/ip:port</c> where the node was given a name to publish: then it is the name that its certificate has.
    /// Null where HTTP is off on the node, or the text is neither.
    /// </summary>
    private static Uri? AddressOf(JsonElement node, Uri asked)
    {
        if (!node.TryGetProperty("http", out JsonElement http) || http.GetProperty("publish_address").GetString() is not { } text)
        {
            return null;
        }

        int port = text.LastIndexOf(':');
        int name = text.IndexOf('/');
        if (port < 0 || port < name || !ushort.TryParse(text.AsSpan(port + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) || number == 0)
        {
            return null;
        }

        string host = name > 0 ? text[..name] : text[..port];
        return Uri.CheckHostName(host) != UriHostNameType.Unknown
            && HttpAddress.TryRead(new UriBuilder(asked.Scheme, host, number, asked.AbsolutePath).ToString(), out Uri? address)
            ? address
            : null;
    }
}

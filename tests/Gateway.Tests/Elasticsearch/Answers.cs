namespace Gateway.Tests.Elasticsearch;

/// <summary>Answers of a node, as bytes on the wire.</summary>
internal static class Answers
{
    /// <summary>What a node of the current line says of itself, as Flask would write it: the gateway's answer is the same text.</summary>
    public const string InfoJson =
        """{"cluster_name":"docker-cluster","name":"es01","tagline":"You Know, for Search","version":{"number":"8.19.0"}}""";

    public const string Product = "X-elastic-product: Elasticsearch\r\n";

    public static string Info { get; } = Json(InfoJson);

    /// <summary>JSON from an Elasticsearch that says so, unless <paramref name="fields"/> replaces the field in which it does.</summary>
    public static string Json(string body, string status = "200 OK", string fields = Product) =>
        Of(body, status, $"Content-Type: application/json\r\n{fields}");

    public static string Of(string body, string status, string fields) =>
        $"HTTP/1.1 {status}\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}";

    /// <summary>A server's greeting, with the version as given.</summary>
    public static string Greeting(string version, string tagline = "You Know, for Search") =>
        $$$"""{"name":"old","cluster_name":"c","version":{"number":"{{{version}}}"},"tagline":"{{{tagline}}}"}""";

    /// <summary>The cluster's nodes, as <c>GET /_nodes/http</c> has them.</summary>
    public static string Nodes(params string[] nodes) =>
        $$$$"""{"nodes":{{{{{string.Join(',', nodes.Select(static (node, i) => $"\"id{i}\":{node}"))}}}}}}""";

    /// <summary>One of them.</summary>
    public static string Node(string published, params string[] roles) =>
        $$$"""{"roles":[{{{string.Join(',', roles.Select(static role => $"\"{role}\""))}}}],"http":{"publish_address":"{{{published}}}"}}""";
}

namespace Gateway.Tests.Hosting;

/// <summary>An Elasticsearch node on a bare socket, which answers everything with the greeting of <c>GET /</c>.</summary>
internal static class ScriptedNode
{
    public const string Greeting =
        """{ "name" : "node-1", "cluster_name" : "shop", "version" : { "number" : "8.19.0", "build_snapshot" : false }, "tagline" : "You Know, for Search" }""";

    /// <summary>The greeting as Flask's <c>jsonify</c> writes it.</summary>
    public const string GreetingByFlask =
        """{"cluster_name":"shop","name":"node-1","tagline":"You Know, for Search","version":{"build_snapshot":false,"number":"8.19.0"}}""" + "\n";

    public static ScriptedServer Start() => ScriptedServer.Always(Answer(Greeting));

    public static string Answer(string json) =>
        $"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}";
}

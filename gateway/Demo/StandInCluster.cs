namespace Gateway.Demo;

/// <summary>Answers <c>GET /</c> as an Elasticsearch node does, and nothing else.</summary>
internal static class StandInCluster
{
    public const int PreferredPort = 9200;

    private const string Info = """
        {
          "name" : "stand-in-1",
          "cluster_name" : "loopgate-stand-in",
          "cluster_uuid" : "c3RhbmQtaW4tY2x1c3Rlcg",
          "version" : {
            "number" : "8.19.0",
            "build_flavor" : "default",
            "build_type" : "stand-in",
            "build_hash" : "0000000000000000000000000000000000000000",
            "build_date" : "2026-01-01T00:00:00.000000000Z",
            "build_snapshot" : false,
            "lucene_version" : "9.12.2",
            "minimum_wire_compatibility_version" : "7.17.0",
            "minimum_index_compatibility_version" : "7.0.0"
          },
          "tagline" : "You Know, for Search"
        }

        """;

    public static void Map(WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            context.Response.Headers["X-elastic-product"] = "Elasticsearch";
            return next(context);
        });
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], static () => Results.Text(Info, "application/json"));
        app.MapFallback(static () => Results.Text("{\"error\":\"the stand-in knows GET / only\",\"status\":404}", "application/json", statusCode: 404));
    }
}

namespace Bench.Backend;

/// <summary>As much of Elasticsearch as is asked of it here: the document of <c>GET /</c>, two searches, and the field that names the product.</summary>
internal static class Cluster
{
    private static readonly byte[] _info = """
        {
          "name" : "bench-0000000001",
          "cluster_name" : "bench",
          "cluster_uuid" : "b2xkIGxvb3BzIGNsb3NlZA",
          "version" : {
            "number" : "9.5.0",
            "build_flavor" : "default",
            "build_type" : "docker",
            "build_hash" : "0000000000000000000000000000000000000000",
            "build_date" : "2026-01-01T00:00:00.000000000Z",
            "build_snapshot" : false,
            "lucene_version" : "10.3.0",
            "minimum_wire_compatibility_version" : "8.19.0",
            "minimum_index_compatibility_version" : "8.0.0"
          },
          "tagline" : "You Know, for Search"
        }

        """u8.ToArray();

    public static Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        switch (context.Request.Path)
        {
            case "/":
                return Program.AnswerAsync(context, "application/json", _info);
            case "/products/_search":
                return Program.AnswerAsync(context, "application/json", Products.Search());
            case "/changing/_search":
                return Program.AnswerAsync(context, "application/json", Products.ChangingSearch());
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }
}

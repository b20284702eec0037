namespace Bench.Backend;

/// <summary>Everything that stands behind a proxy here, in one process with a port for each: the app, the cluster, the collector.</summary>
internal static class Program
{
    private static readonly byte[] _page = "0123456789abcde\n"u8.ToArray();

    private static Task Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        int app = builder.Configuration.GetValue<int>("App");
        int cluster = builder.Configuration.GetValue<int>("Cluster");
        int collector = builder.Configuration.GetValue<int>("Collector");
        builder.WebHost.ConfigureKestrel(kestrel => Array.ForEach([app, cluster, collector], port => kestrel.ListenLocalhost(port)));

        byte[] page = [.. Enumerable.Repeat(_page, 30).SelectMany(static line => line)];
        var spans = new Collector();
        WebApplication backend = builder.Build();
        backend.Run(context => context.Connection.LocalPort switch
        {
            int port when port == app && context.Request.Path == "/products" => AnswerAsync(context, "application/json", Products.Page),
            int port when port == app => AnswerAsync(context, "text/plain", page),
            int port when port == cluster => Cluster.AnswerAsync(context),
            _ => spans.AnswerAsync(context),
        });
        return backend.RunAsync();
    }

    internal static Task AnswerAsync(HttpContext context, string contentType, byte[] body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }
}

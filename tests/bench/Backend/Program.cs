namespace Bench.Backend;

/// <summary>Everything that stands behind a proxy here, in one process with a port for each: the app, the cluster, the collector.</summary>
internal static class Program
{
    private static Task Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        int app = builder.Configuration.GetValue<int>("App");
        int cluster = builder.Configuration.GetValue<int>("Cluster");
        int collector = builder.Configuration.GetValue<int>("Collector");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            Array.ForEach([app, cluster, collector], port => kestrel.ListenLocalhost(port));
        });

        var spans = new Collector();
        WebApplication backend = builder.Build();
        backend.Run(context => context.Connection.LocalPort switch
        {
            int port when port == app => App.AnswerAsync(context),
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

using Gateway.Configuration;
using Gateway.Demo;
using Gateway.Elasticsearch;
using Gateway.Guard;
using Gateway.Health;
using Gateway.Inspect;
using Gateway.Legacy;
using Gateway.Listening;
using Gateway.Responding;
using Gateway.Tracing;
using Gateway.Views;

namespace Gateway;

/// <summary>The table of contents: one line per feature, in the order a request meets them.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => CommandLine.RunAsync(args, Compose, DrainingFeature.RunUntilDrainedAsync);

    internal static WebApplication Compose(WebApplicationBuilder builder)
    {
        builder.AddDemo();
        builder.AddListening();
        builder.AddDraining();
        builder.AddTracing();
        builder.AddInspect();
        builder.AddGuard();
        builder.AddElasticsearch();
        builder.AddViews();
        builder.AddLegacy();

        WebApplication app = builder.BuildChecked();
        app.UseAdmin();
        app.UseTracing();
        app.UseDraining();
        app.UseOwnErrors();
        app.UseTlsNames();
        app.UseGuard();
        app.UseViews();
        app.UseRouting();
        app.UseRouteTimeouts();
        app.MapAdmin().MapHealth().MapMetrics().MapInspect();
        app.MapLegacy();
        return app;
    }
}

using System.Diagnostics;
using Gateway.Configuration;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Tracing;

/// <summary>The one place that wires OpenTelemetry.</summary>
internal static class TracingFeature
{
    public static void AddTracing(this WebApplicationBuilder builder)
    {
        // RequestTrace sets the semantic conventions' attributes: ASP.NET Core, which would from version 11 on, adds the user agent, and boxes a list of them for each request.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", true);
        builder.AddSettings<TracingOptions>(TracingOptions.Section);
        GatewaySampler sampler = GatewaySampler.FromEnvironment(Environment.GetEnvironmentVariable, out string? problem);
        foreach (string wrong in new[] { problem, MetricsExport.Problem() }.OfType<string>().Concat(ExportVariables.Problems(Environment.GetEnvironmentVariable)))
        {
            builder.AddProblem(wrong);
        }

        IServiceCollection services = builder.Services;
        services.AddSingleton<GatewayLoop>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<SpanPipeline>();
        services.AddSingleton<TracedConnections>();
        services.AddSingleton<HttpClientListener>();
        if (SpanExport.IsWanted)
        {
            services.AddSingleton(static provider => SpanExport.Create(
                provider.GetRequiredService<ILogger<SpanExport>>(), provider.GetRequiredService<GatewayMetrics>(), provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<BaseProcessor<Activity>>(static provider => provider.GetRequiredService<SpanExport>());
        }

        // The pipeline refuses to be empty, and without any reader of spans it still has to number the connections.
        services.AddSingleton<BaseProcessor<Activity>, NoSink>();
        services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.Clear()
                .AddService("loopgate", serviceVersion: CommandLine.Version)
                .AddTelemetrySdk()
                .AddEnvironmentVariableDetector())
            .WithTracing(tracing => tracing
                .AddSource(Sources.AspNetCore, Sources.HttpClient, Sources.HttpConnections, Sources.ElasticsearchName)
                .SetSampler(sampler)
                .AddProcessor(static provider => provider.GetRequiredService<SpanPipeline>()))
            .AddMetrics();
        if (ExportVariables.Value("OTEL_LOGS_EXPORTER") == "otlp")
        {
            builder.Logging.AddOpenTelemetry(static logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.AddOtlpExporter();
            });
        }
    }

    /// <summary>Completes the Server span of every request.</summary>
    public static void UseTracing(this WebApplication app)
    {
        // Awake before the first connection: one opened while nobody listened never gets links.
        app.Services.GetRequiredService<HttpClientListener>();
        app.UseMiddleware<TracingMiddleware>();
    }

    /// <summary><c>/metrics</c>, in Prometheus's text format, where that exporter is named.</summary>
    public static RouteGroupBuilder MapMetrics(this RouteGroupBuilder admin)
    {
        if (MetricsExport.IsWanted(MetricsExport.Prometheus))
        {
            admin.MapPrometheusScrapingEndpoint();
        }

        return admin;
    }

    private sealed class NoSink : BaseProcessor<Activity>;
}

using OpenTelemetry.Metrics;

namespace Gateway.Tracing;

/// <summary>Which metrics are kept and where they go: OTLP where the environment names a collector, and Prometheus on the admin port.</summary>
internal static class MetricsFeature
{
    private const string ServerMeter = "Microsoft.AspNetCore.Hosting";
    private const string ConnectionsMeter = "Microsoft.AspNetCore.Server.Kestrel";
    private const string ClientMeter = "System.Net.Http";

    /// <summary>
    /// Without the server's address: .NET takes the Host field for it, which is the client's where it is passed on, so that anybody
    /// could make a series. Who the peer is stands in the metrics of connections.
    /// </summary>
    private static readonly string[] _clientTags =
        ["http.request.method", "http.response.status_code", "error.type", "network.protocol.version", "url.scheme", "http.connection.state"];

    public static void Configure(MeterProviderBuilder metrics)
    {
        metrics
            .AddMeter(GatewayMetrics.MeterName, ServerMeter, ConnectionsMeter, ClientMeter)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddView(static instrument => instrument.Meter.Name == ClientMeter
                ? new MetricStreamConfiguration { TagKeys = _clientTags }
                : null)
            .AddPrometheusExporter();
        if (SpanExport.IsWanted && Environment.GetEnvironmentVariable("OTEL_METRICS_EXPORTER") != "none")
        {
            metrics.AddOtlpExporter();
        }
    }

    /// <summary><c>/metrics</c>, in Prometheus's text format.</summary>
    public static RouteGroupBuilder MapMetrics(this RouteGroupBuilder admin)
    {
        admin.MapPrometheusScrapingEndpoint();
        return admin;
    }
}

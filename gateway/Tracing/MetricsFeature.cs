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
        ["http.request.method", "http.response.status_code", "error.type", "network.protocol.version", "url.scheme"];

    public static void Configure(MeterProviderBuilder metrics)
    {
        metrics
            .AddMeter(GatewayMetrics.MeterName, ServerMeter, ConnectionsMeter, ClientMeter)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddView(static instrument => instrument.Meter.Name == ClientMeter ? OfClient(instrument.Name) : null)
            .AddPrometheusExporter();
        if (SpanExport.IsWanted && Environment.GetEnvironmentVariable("OTEL_METRICS_EXPORTER") != "none")
        {
            metrics.AddOtlpExporter();
        }
    }

    /// <summary>.NET counts a connection four times for each request on it; ours are counted by peer, in <see cref="GatewayMetrics"/>.</summary>
    private static MetricStreamConfiguration OfClient(string instrument) =>
        instrument == "http.client.request.duration" ? new MetricStreamConfiguration { TagKeys = _clientTags } : MetricStreamConfiguration.Drop;

    /// <summary><c>/metrics</c>, in Prometheus's text format.</summary>
    public static RouteGroupBuilder MapMetrics(this RouteGroupBuilder admin)
    {
        admin.MapPrometheusScrapingEndpoint();
        return admin;
    }
}

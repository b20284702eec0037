using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Gateway.Tracing;

/// <summary>Which metrics are kept and where they go: by OTLP, or to Prometheus by the admin port.</summary>
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

    public static void AddMetrics(this OpenTelemetryBuilder telemetry)
    {
        if (!IsWanted("otlp") && !IsWanted("prometheus"))
        {
            return;
        }

        telemetry.WithMetrics(static metrics =>
        {
            metrics
                .AddMeter(GatewayMetrics.MeterName, ServerMeter, ConnectionsMeter, ClientMeter)
                .AddView(static instrument => instrument.Meter.Name == ClientMeter ? OfClient(instrument.Name) : null);
            if (IsWanted("prometheus"))
            {
                metrics.AddPrometheusExporter();
            }

            if (IsWanted("otlp"))
            {
                metrics.AddOtlpExporter();
            }
        });
    }

    /// <summary>.NET counts a connection four times for each request on it; ours are counted by peer, in <see cref="GatewayMetrics"/>.</summary>
    private static MetricStreamConfiguration OfClient(string instrument) =>
        instrument == "http.client.request.duration" ? new MetricStreamConfiguration { TagKeys = _clientTags } : MetricStreamConfiguration.Drop;

    /// <summary><c>/metrics</c>, in Prometheus's text format, where that exporter is named.</summary>
    public static RouteGroupBuilder MapMetrics(this RouteGroupBuilder admin)
    {
        if (IsWanted("prometheus"))
        {
            admin.MapPrometheusScrapingEndpoint();
        }

        return admin;
    }

    /// <summary>
    /// What <c>OTEL_METRICS_EXPORTER</c> names: <c>otlp</c>, <c>prometheus</c>, or both with a comma. None by default, unlike in
    /// OpenTelemetry's specification: keeping metrics costs a request about a fifth of its CPU.
    /// </summary>
    private static bool IsWanted(string exporter) =>
        Environment.GetEnvironmentVariable("OTEL_METRICS_EXPORTER")?.Split(',', StringSplitOptions.TrimEntries).Contains(exporter) == true;
}

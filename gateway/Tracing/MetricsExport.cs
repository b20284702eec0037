using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Gateway.Tracing;

/// <summary>Which metrics are kept and where they go: by OTLP, or to Prometheus by the admin port.</summary>
internal static class MetricsExport
{
    public const string Prometheus = "prometheus";

    private const string Variable = "OTEL_METRICS_EXPORTER";
    private const string Otlp = "otlp";
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
        if (!IsWanted(Otlp) && !IsWanted(Prometheus))
        {
            return;
        }

        telemetry.WithMetrics(static metrics =>
        {
            metrics
                .AddMeter(GatewayMetrics.MeterName, ServerMeter, ConnectionsMeter, ClientMeter)
                .AddView(static instrument => instrument.Meter.Name == ClientMeter ? OfClient(instrument.Name) : null);
            if (IsWanted(Prometheus))
            {
                metrics.AddPrometheusExporter();
            }

            if (IsWanted(Otlp))
            {
                metrics.AddOtlpExporter();
            }
        });
    }

    /// <summary>.NET counts a connection four times for each request on it; ours are counted by peer, in <see cref="GatewayMetrics"/>.</summary>
    private static MetricStreamConfiguration OfClient(string instrument) =>
        instrument == "http.client.request.duration" ? new MetricStreamConfiguration { TagKeys = _clientTags } : MetricStreamConfiguration.Drop;

    /// <summary>What is wrong with <c>OTEL_METRICS_EXPORTER</c>; null where it names what there is.</summary>
    public static string? Problem() => Array.TrueForAll(Named(), static name => name is Otlp or Prometheus or "none")
        ? null
        : $"{Variable}: the value is not otlp, prometheus, both with a comma, or none.";

    public static bool IsWanted(string exporter) => Named().Contains(exporter);

    /// <summary>None by default, unlike in OpenTelemetry's specification: keeping metrics adds noticeably to a request's CPU.</summary>
    private static string[] Named() =>
        ExportVariables.Value(Variable)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}

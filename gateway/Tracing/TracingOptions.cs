using System.Net;

namespace Gateway.Tracing;

/// <summary>Whose traces are joined, and whether the app's loop reports are read. Sampling and export: OpenTelemetry's <c>OTEL_*</c> variables.</summary>
internal sealed class TracingOptions
{
    public const string Section = "Tracing";

    /// <summary>
    /// Networks, or <c>unix</c> for who comes through a Unix socket, whose <c>traceparent</c> and <c>tracestate</c> are believed; of all others a new trace
    /// starts. Default: none.
    /// </summary>
    public List<IPNetwork> TrustedCallers { get; } = [];

    /// <summary>Whether each request is logged in a line, at Information. Default false: the traces say more.</summary>
    public bool LogRequests { get; set; }

    /// <summary>Whether the <c>X-Loop</c> field of the app's answers is read and removed. Default true.</summary>
    public bool LoopReports { get; set; } = true;
}

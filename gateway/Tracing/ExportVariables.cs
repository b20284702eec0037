using System.Globalization;
using Gateway.Configuration;

namespace Gateway.Tracing;

/// <summary>
/// OpenTelemetry's own variables for export. Its SDK passes over a wrong one and takes the default, so that what is meant for one collector
/// goes to another or to none; and of wrong headers it ends the start.
/// </summary>
internal static class ExportVariables
{
    private static readonly string[] _signals = ["", "TRACES_", "METRICS_", "LOGS_"];
    private static readonly string[] _numbers = ["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"];

    /// <summary>What is wrong, a sentence each; an empty variable is one that is not set.</summary>
    /// <param name="read">The environment.</param>
    public static IEnumerable<string> Problems(Func<string, string?> read) =>
        from check in Checks()
        where read(check.Variable) is { Length: > 0 } value && !check.IsRight(value)
        select $"{check.Variable}: the value is not {check.Wanted}.";

    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> Checks() =>
    [
        ("OTEL_TRACES_EXPORTER", IsExporter, "otlp or none"),
        ("OTEL_LOGS_EXPORTER", IsExporter, "otlp or none"),
        .. _signals.SelectMany(static signal => OfSignal($"OTEL_EXPORTER_OTLP_{signal}")),
        .. _numbers.Select(static name => ($"OTEL_BSP_{name}", (Func<string, bool>)IsAboveZero, "a whole number above 0")),
    ];

    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> OfSignal(string prefix) =>
    [
        (prefix + "ENDPOINT", static value => HttpAddress.TryRead(value, out _), "an absolute URL with http or https"),
        (prefix + "PROTOCOL", static value => value is "grpc" or "http/protobuf", "grpc or http/protobuf"),
        (prefix + "HEADERS", AreHeaders, "name=value, or several of these with commas between them"),
        (prefix + "TIMEOUT", IsAboveZero, "a whole number of milliseconds above 0"),
    ];

    /// <summary>A comma behind the last is no harm.</summary>
    private static bool AreHeaders(string value) =>
        Array.TrueForAll((value.EndsWith(',') ? value[..^1] : value).Split(','), static pair => pair.IndexOf('=') > 0);

    private static bool IsExporter(string value) => value is "otlp" or "none";

    private static bool IsAboveZero(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0;
}

using System.Globalization;
using Gateway.Configuration;
using Gateway.Files;

namespace Gateway.Tracing;

/// <summary>
/// OpenTelemetry's own variables for export. Its SDK passes over a wrong one and takes the default, so that what is meant for one collector
/// goes to another or to none; and of wrong headers it ends the start.
/// </summary>
internal static class ExportVariables
{
    private const int LargestQueue = 1_000_000;
    private const string WholeNumber = "a whole number above 0";
    private const string Headers = "name=value, or several of these with commas between them, of names and percent-encoded values that HTTP can carry";

    private static readonly string[] _signals = ["", "TRACES_", "METRICS_", "LOGS_"];
    private static readonly string[] _numbers = ["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_EXPORT_BATCH_SIZE"];

    /// <summary>What is wrong, a sentence each; an empty variable is one that is not set.</summary>
    /// <param name="read">The environment.</param>
    public static IEnumerable<string> Problems(Func<string, string?> read) =>
    [
        .. from check in Checks()
           where Value(read, check.Variable) is { } value && !check.IsRight(value)
           select $"{check.Variable}: the value is not {check.Wanted}.",
        .. Files(read),
    ];

    private static string? Value(Func<string, string?> read, string variable) => read(variable) is { Length: > 0 } value ? value : null;

    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> Checks() =>
    [
        OneOf("OTEL_TRACES_EXPORTER", "otlp", "none"),
        OneOf("OTEL_LOGS_EXPORTER", "otlp", "none"),
        ("OTEL_SDK_DISABLED", static value => bool.TryParse(value, out _), "true or false"),
        OneOf("OTEL_METRICS_EXEMPLAR_FILTER", "always_on", "always_off", "trace_based"),
        OneOf("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative", "delta", "lowmemory"),
        ("OTEL_RESOURCE_ATTRIBUTES", static value => Pairs(value).All(static pair => pair.Name.Length > 0), "name=value, or several of these with commas between them"),
        ("OTEL_METRIC_EXPORT_INTERVAL", IsAboveZero, WholeNumber),
        ("OTEL_METRIC_EXPORT_TIMEOUT", IsAboveZero, WholeNumber),
        .. _signals.SelectMany(static signal => OfSignal($"OTEL_EXPORTER_OTLP_{signal}")),
        .. OfBatches("OTEL_BSP_"),
        .. OfBatches("OTEL_BLRP_"),
    ];

    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> OfSignal(string prefix) =>
    [
        (prefix + "ENDPOINT", static value => HttpAddress.TryRead(value, out _), "an absolute URL with http or https"),
        OneOf(prefix + "PROTOCOL", "grpc", "http/protobuf"),
        OneOf(prefix + "COMPRESSION", "gzip", "none"),
        (prefix + "HEADERS", AreHeaders, Headers),
        (prefix + "TIMEOUT", IsAboveZero, "a whole number of milliseconds above 0"),
    ];

    /// <summary>The queue's room is taken from memory at the start.</summary>
    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> OfBatches(string prefix) =>
    [
        .. _numbers.Select(name => (prefix + name, (Func<string, bool>)IsAboveZero, WholeNumber)),
        (prefix + "MAX_QUEUE_SIZE", static value => IsAboveZero(value) && int.Parse(value, CultureInfo.InvariantCulture) <= LargestQueue, $"a whole number from 1 to {LargestQueue}"),
    ];

    /// <summary>The exporter reads them as it is made, and of one that it cannot read it ends the start.</summary>
    private static IEnumerable<string> Files(Func<string, string?> read)
    {
        const string Authorities = "OTEL_EXPORTER_OTLP_CERTIFICATE";
        const string Certificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
        const string Key = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
        if (Value(read, Authorities) is { } file && PemFiles.Authorities(file).Problem is { } unusable)
        {
            yield return $"{Authorities}: {unusable}.";
        }

        (string? certificate, string? key) = (Value(read, Certificate), Value(read, Key));
        if (certificate is null != key is null)
        {
            yield return $"{Certificate}: is set together with {Key}, or not at all.";
        }
        else if (certificate is not null && PemFiles.Pair(certificate, key).Problem is { } noPair)
        {
            yield return $"{Certificate}: {noPair}.";
        }
    }

    private static (string Variable, Func<string, bool> IsRight, string Wanted) OneOf(string variable, params string[] values) =>
        (variable, value => values.Contains(value), $"{string.Join(", ", values[..^1])} or {values[^1]}");

    private static bool AreHeaders(string value)
    {
        using var request = new HttpRequestMessage();
        return Pairs(value).All(pair =>
            request.Headers.TryAddWithoutValidation(pair.Name, "") && !Uri.UnescapeDataString(pair.Value).AsSpan().ContainsAnyExceptInRange(' ', '~'));
    }

    /// <summary>A comma behind the last is no harm. What has no equals sign has no name here.</summary>
    private static IEnumerable<(string Name, string Value)> Pairs(string list) =>
        from pair in (list.EndsWith(',') ? list[..^1] : list).Split(',')
        let at = Math.Max(pair.IndexOf('='), 0)
        select (pair[..at].Trim(), pair[at..].TrimStart('='));

    private static bool IsAboveZero(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0;
}

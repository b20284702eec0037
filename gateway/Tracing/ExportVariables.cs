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
    private const string Retry = "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY";
    private const string WholeNumber = "a whole number above 0";
    private const string Headers = "name=value, or several of these with commas between them, each name once, of what HTTP can carry once percent-encoding is taken off";

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

    /// <summary>One variable of the environment; null where it is not set, or empty.</summary>
    public static string? Value(string variable) => Value(Environment.GetEnvironmentVariable, variable);

    /// <inheritdoc cref="Value(string)"/>
    public static string? Value(Func<string, string?> read, string variable) => read(variable)?.Trim() is { Length: > 0 } value ? value : null;

    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> Checks() =>
    [
        OneOf("OTEL_TRACES_EXPORTER", StringComparer.Ordinal, "otlp", "none"),
        OneOf("OTEL_LOGS_EXPORTER", StringComparer.Ordinal, "otlp", "none"),
        OneOf("OTEL_SDK_DISABLED", StringComparer.OrdinalIgnoreCase, "true", "false"),
        OneOf("OTEL_METRICS_EXEMPLAR_FILTER", StringComparer.OrdinalIgnoreCase, "always_on", "always_off", "trace_based"),
        OneOf(Retry, StringComparer.OrdinalIgnoreCase, "in_memory", "disk"),
        OneOf("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", StringComparer.OrdinalIgnoreCase, "cumulative", "delta", "lowmemory"),
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
        OneOf(prefix + "PROTOCOL", StringComparer.Ordinal, "grpc", "http/protobuf"),
        OneOf(prefix + "COMPRESSION", StringComparer.OrdinalIgnoreCase, "gzip", "none"),
        (prefix + "HEADERS", AreHeaders, Headers),
        (prefix + "TIMEOUT", IsAboveZero, "a whole number of milliseconds above 0"),
    ];

    /// <summary>The queue's room is taken from memory at the start.</summary>
    private static IEnumerable<(string Variable, Func<string, bool> IsRight, string Wanted)> OfBatches(string prefix) =>
    [
        .. _numbers.Select(name => (prefix + name, (Func<string, bool>)IsAboveZero, WholeNumber)),
        (prefix + "MAX_QUEUE_SIZE", static value => IsFromOneTo(LargestQueue, value), $"a whole number from 1 to {LargestQueue}"),
    ];

    /// <summary>The exporter reads them as it is made, and of one that it cannot read it ends the start.</summary>
    private static IEnumerable<string> Files(Func<string, string?> read)
    {
        const string Authorities = "OTEL_EXPORTER_OTLP_CERTIFICATE";
        const string Certificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
        const string Key = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
        const string RetryFolder = "OTEL_DOTNET_EXPERIMENTAL_OTLP_DISK_RETRY_DIRECTORY_PATH";
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

        if ("disk".Equals(Value(read, Retry), StringComparison.OrdinalIgnoreCase) && Value(read, RetryFolder) is null)
        {
            yield return $"{Retry}: disk wants a folder in {RetryFolder}.";
        }
    }

    private static (string Variable, Func<string, bool> IsRight, string Wanted) OneOf(string variable, StringComparer comparer, params string[] values) =>
        (variable, value => values.Contains(value, comparer), $"{string.Join(", ", values[..^1])} or {values[^1]}");

    /// <summary>The exporter takes the percent-encoding off the whole list first, and has a <c>User-Agent</c> of its own.</summary>
    private static bool AreHeaders(string value)
    {
        using var request = new HttpRequestMessage();
        request.Headers.TryAddWithoutValidation("User-Agent", "");
        return Pairs(Uri.UnescapeDataString(value)).All(pair =>
            !request.Headers.NonValidated.Contains(pair.Name) && request.Headers.TryAddWithoutValidation(pair.Name, "")
            && !pair.Value.AsSpan().ContainsAnyExceptInRange(' ', '~'));
    }

    /// <summary>Empty items are no harm. What has no equals sign has no name here.</summary>
    private static IEnumerable<(string Name, string Value)> Pairs(string list) =>
        from pair in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        let at = Math.Max(pair.IndexOf('='), 0)
        select (pair[..at].Trim(), pair[at..].TrimStart('='));

    private static bool IsAboveZero(string value) => IsFromOneTo(int.MaxValue, value);

    private static bool IsFromOneTo(int most, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 && number <= most;
}

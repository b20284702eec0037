using Gateway.Tracing;

namespace Gateway.Tests.Tracing;

/// <summary>What of OpenTelemetry's variables stops the start.</summary>
public sealed class ExportVariablesTests
{
    private const string Headers =
        "name=value, or several of these with commas between them, each name once, of what HTTP can carry once percent-encoding is taken off";

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", "otlp or none")]
    [InlineData("OTEL_LOGS_EXPORTER", "console", "otlp or none")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "an absolute URL with http or https")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics", "an absolute URL with http or https")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=secret,b", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=sec%2Cret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a%20b=secret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=secret,A=c", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "user-agent=secret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "=secret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=sec%0Aret", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=zwö", Headers)]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "br", "gzip or none")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "a whole number of milliseconds above 0")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0", "a whole number of milliseconds above 0")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "a whole number from 1 to 1000000")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "2147483647", "a whole number from 1 to 1000000")]
    [InlineData("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "many", "a whole number above 0")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "1m", "a whole number above 0")]
    [InlineData("OTEL_METRICS_EXEMPLAR_FILTER", "on", "always_on, always_off or trace_based")]
    [InlineData("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "true", "in_memory or disk")]
    [InlineData("OTEL_SDK_DISABLED", "1", "true or false")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "service.version", "name=value, or several of these with commas between them")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "1.5", "a whole number above 0")]
    public void A_wrong_value_is_named_and_not_said(string variable, string value, string wanted) =>
        Assert.Equal([$"{variable}: the value is not {wanted}."], Problems(variable, value));

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=b%20c,d=e==,")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=1, Authorization=Basic%20dTpw")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "a=b,,c=%20,")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", " ")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", " GZIP")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc ")]
    [InlineData("OTEL_METRICS_EXEMPLAR_FILTER", "Trace_Based")]
    [InlineData("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory")]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10000")]
    [InlineData("OTEL_BSP_EXPORT_TIMEOUT", "30000")]
    public void A_right_one_and_an_empty_one_are_let_be(string variable, string value) => Assert.Empty(Problems(variable, value));

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "no PEM certificates can be read from the file '/nowhere.pem'")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "is set together with OTEL_EXPORTER_OTLP_CLIENT_KEY, or not at all.")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_KEY", "is set together with OTEL_EXPORTER_OTLP_CLIENT_KEY, or not at all.")]
    public void A_file_that_the_exporter_cannot_read_is_named(string variable, string problem) =>
        Assert.Contains(problem, Assert.Single(Problems(variable, "/nowhere.pem")), StringComparison.Ordinal);

    [Fact]
    public void A_retry_from_disk_wants_a_folder() => Assert.Equal(
        ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY: disk wants a folder in OTEL_DOTNET_EXPERIMENTAL_OTLP_DISK_RETRY_DIRECTORY_PATH."],
        Problems("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "Disk"));

    [Fact]
    public void A_certificate_and_a_key_that_the_exporter_cannot_read_are_named() =>
        Assert.StartsWith(
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: the files '/nowhere.pem' and '/nowhere.key' cannot be read: ",
            Assert.Single(ExportVariables.Problems(static name => name switch
            {
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" => "/nowhere.pem",
                "OTEL_EXPORTER_OTLP_CLIENT_KEY" => "/nowhere.key",
                _ => null,
            })),
            StringComparison.Ordinal);

    private static IEnumerable<string> Problems(string variable, string value) =>
        ExportVariables.Problems(name => name == variable ? value : null);
}

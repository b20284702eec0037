using Gateway.Tracing;

namespace Gateway.Tests.Tracing;

/// <summary>What of OpenTelemetry's variables stops the start.</summary>
public sealed class ExportVariablesTests
{
    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", "otlp or none")]
    [InlineData("OTEL_LOGS_EXPORTER", "console", "otlp or none")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "an absolute URL with http or https")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics", "an absolute URL with http or https")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret", "name=value, or several of these with commas between them")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=secret,,b=c", "name=value, or several of these with commas between them")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "=secret", "name=value, or several of these with commas between them")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "a whole number of milliseconds above 0")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0", "a whole number of milliseconds above 0")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "a whole number above 0")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "1.5", "a whole number above 0")]
    public void A_wrong_value_is_named_and_not_said(string variable, string value, string wanted) =>
        Assert.Equal([$"{variable}: the value is not {wanted}."], Problems(variable, value));

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=b%20c,d=e==,")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10000")]
    [InlineData("OTEL_BSP_EXPORT_TIMEOUT", "30000")]
    public void A_right_one_and_an_empty_one_are_let_be(string variable, string value) => Assert.Empty(Problems(variable, value));

    private static IEnumerable<string> Problems(string variable, string value) =>
        ExportVariables.Problems(name => name == variable ? value : null);
}

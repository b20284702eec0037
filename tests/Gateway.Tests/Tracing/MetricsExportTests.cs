using System.Net;
using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>Metrics go where <c>OTEL_METRICS_EXPORTER</c> says, and nowhere by default.</summary>
public sealed class MetricsExportTests
{
    private const string Variable = "OTEL_METRICS_EXPORTER";

    [Theory]
    [InlineData(null, HttpStatusCode.NotFound)]
    [InlineData("none", HttpStatusCode.NotFound)]
    [InlineData("prometheus", HttpStatusCode.OK)]
    public async Task The_page_of_metrics_is_there_where_it_is_named(string? exporter, HttpStatusCode expected)
    {
        using var variables = new Variables((Variable, exporter));
        await using GatewayHost gateway = await GatewayHost.StartAsync();

        using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(gateway.Admin, "/metrics"));

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task An_exporter_that_there_is_not_stops_the_start()
    {
        using var variables = new Variables((Variable, "prometheus,statsd"));

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync());

        Assert.StartsWith(Variable, Assert.Single(refused.Problems), StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using System.Globalization;
using Gateway.Tests.Hosting;
using Gateway.Tracing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry;

namespace Gateway.Tests.Truth;

/// <summary>Connections that come and go leave nothing behind.</summary>
public sealed class ConnectionChurnTests(ITestOutputHelper output)
{
    /// <summary>By hand more: <c>TRUTH_CONNECTIONS=100000</c>.</summary>
    private static readonly int _connections =
        int.TryParse(Environment.GetEnvironmentVariable("TRUTH_CONNECTIONS"), CultureInfo.InvariantCulture, out int number) ? number : 5_000;

    [Fact]
    public async Task After_connections_that_the_app_resets_none_is_held()
    {
        await using var app = new RecordingServer(certificate: null, static (_, _) => true, static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            connection.Reset();
        });
        (GatewayHost gateway, _) = await Witness.StartAsync(new Chance(), ("Legacy:Address", app.Address.AbsoluteUri));
        await using GatewayHost stopping = gateway;

        int sent = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref sent) is int number && number <= _connections)
            {
                using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri($"/{number}", UriKind.Relative));
            }
        })));

        ConnectionRegistry registry = gateway.Services.GetRequiredService<ConnectionRegistry>();
        await Eventually.Holds(() => registry.Open == 0, "the last connection to be closed");
        int known = registry.Known;
        await Eventually.Holds(() => registry.Known == 0, "the last connection to be forgotten");
        output.WriteLine($"{app.Accepted} connections; known after: {known}, some seconds later: {registry.Known}");
        Assert.InRange(app.Accepted, _connections, int.MaxValue);
        Assert.InRange(known, 0, 256);
    }

    [Fact]
    public void After_a_million_connections_in_memory_none_is_held()
    {
        var time = new FakeTimeProvider();
        using var registry = new ConnectionRegistry(time);
        using var metrics = new GatewayMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        using var pipeline = new SpanPipeline([new Nowhere()], registry);
        for (int i = 0; i < 1_000_000; i++)
        {
            var setup = ActivitySpanId.CreateRandom();
            registry.Opened(setup, new ConnectionIdentity("id", "peer", null, "127.0.0.1", pipeline, metrics) { IsHttp2 = false });
            registry.Closed(setup);
        }

        Assert.Equal(0, registry.Open);
        Assert.Equal(256, registry.Known);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, registry.Known);
    }

    private sealed class Nowhere : BaseProcessor<Activity>;
}

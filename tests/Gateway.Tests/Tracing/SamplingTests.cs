using System.Diagnostics;
using System.Globalization;
using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>What is exported where not everything is.</summary>
public sealed class SamplingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string OkAndBye = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000_000)]
    public async Task Under_a_ratio_links_have_targets_and_uses_count_what_nobody_sampled(int requestsPerConnection)
    {
        using var sampler = new Variables(("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1"));
        await using var app = new ScriptedServer(async connection =>
        {
            for (int i = 1; i <= requestsPerConnection && await connection.ReadRequestAsync() is not null; i++)
            {
                await connection.SendAsync(i < requestsPerConnection ? Ok : OkAndBye);
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        for (int i = 0; i < 150; i++)
        {
            await gateway.Client.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/{i}"), UriKind.Relative));
        }

        await gateway.StopAsync();
        IReadOnlyList<Ride> rides = Ride.Of(gateway.Exported);
        Assert.InRange(rides.Count, 1, 75);
        Ride.AgreeWith(Ride.Served(app), rides);
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Theory]
    [InlineData("always_off", null)]
    [InlineData("traceidratio", "0")]
    [InlineData("parentbased_always_off", null)]
    public async Task Where_nothing_is_sampled_nothing_is_exported(string name, string? argument)
    {
        using var sampler = new Variables(("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument));
        await using var app = ScriptedServer.Always(Ok);
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri));

        foreach (string target in new[] { "/", "/a", "/b" })
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(target);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        await gateway.StopAsync();
        Assert.Empty(gateway.Exported);
    }

    [Theory]
    [InlineData("parentbased_always_on", null, "00", 0)]
    [InlineData("parentbased_always_off", null, "01", 1)]
    [InlineData("always_on", null, "00", 1)]
    [InlineData("always_off", null, "01", 0)]
    [InlineData("traceidratio", "0", "01", 0)]
    [InlineData("parentbased_traceidratio", "0", "01", 1)]
    public async Task The_decision_of_a_trusted_caller_counts_where_the_sampler_asks_for_it(string name, string? argument, string flags, int requests)
    {
        using var sampler = new Variables(("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument));
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:TrustedCallers:0", "127.0.0.0/8"));

        await RawClient.ExchangeAsync(
            gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}\r\n\r\n");

        await gateway.StopAsync();
        Assert.Equal(requests, gateway.Exported.Count(static span => span.Kind == ActivityKind.Server));
        Assert.EndsWith($"-0{requests}", Assert.Single(app.Requests).Field("traceparent"), StringComparison.Ordinal);
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Theory]
    [InlineData("sometimes", null, "OTEL_TRACES_SAMPLER: ")]
    [InlineData("traceidratio", "2", "OTEL_TRACES_SAMPLER_ARG: ")]
    public async Task A_wrong_sampler_stops_the_start_with_a_sentence(string name, string? argument, string start)
    {
        using var sampler = new Variables(("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument));

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync());

        Assert.StartsWith(start, Assert.Single(refused.Problems), StringComparison.Ordinal);
    }
}

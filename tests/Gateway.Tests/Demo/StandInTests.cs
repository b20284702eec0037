using System.Net;
using Gateway.Demo;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Demo;

/// <summary>The stand-ins tell the story of the README: the app breaks from its second request on, the gateway does not.</summary>
public sealed class StandInTests
{
    [Fact]
    public async Task The_app_answers_once_and_never_again_and_says_which_loop_is_dead()
    {
        await using var cluster = StandIn.Create(0, StandInCluster.Map);
        await using var app = StandIn.Create(0, new StandInApp(cluster.Address).Map);
        await cluster.StartAsync(default);
        await app.StartAsync(default);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", cluster.Address.AbsoluteUri));

        using HttpResponseMessage first = await gateway.Client.GetAsync(app.Address);
        using HttpResponseMessage second = await gateway.Client.GetAsync(app.Address);
        using HttpResponseMessage third = await gateway.Client.GetAsync(app.Address);
        using HttpResponseMessage byGateway = await gateway.Client.GetAsync("/");
        using HttpResponseMessage again = await gateway.Client.GetAsync("/");

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError],
            (HttpStatusCode[])[first.StatusCode, second.StatusCode, third.StatusCode]);
        Assert.Equal("RuntimeError: Event loop is closed\n", await second.Content.ReadAsStringAsync());
        string made = Assert.Single(first.Headers.GetValues("X-Loop"));
        string bound = made.Split(';')[0]["id=".Length..];
        foreach (HttpResponseMessage failed in (HttpResponseMessage[])[second, third])
        {
            string report = Assert.Single(failed.Headers.GetValues("X-Loop"));
            Assert.EndsWith($";error=\"Event loop is closed\";dead={bound}", report, StringComparison.Ordinal);
        }

        string json = await first.Content.ReadAsStringAsync();
        Assert.Equal((json, json), (await byGateway.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("/hello", true)]
    [InlineData("/plain", false)]
    public async Task Each_async_view_has_a_loop_of_its_own_and_a_plain_one_has_none(string path, bool hasLoop)
    {
        await using var app = StandIn.Create(0, new StandInApp(new Uri("http://127.0.0.1:1/")).Map);
        await app.StartAsync(default);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains("X-Loop"));
        }

        IEnumerable<string?> loops = (await gateway.TracesAsync(3))
            .Select(static trace => TraceOfOne.Attribute(new TraceOfOne(trace).Server, "loopgate.loop.id"));
        Assert.Equal(hasLoop ? 3 : 0, loops.OfType<string>().Distinct().Count());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_no_hindrance()
    {
        await using var first = StandIn.Create(0, StandInCluster.Map);
        await first.StartAsync(default);

        await using var second = StandIn.Create(first.Address.Port, StandInCluster.Map);

        Assert.NotEqual(first.Address.Port, second.Address.Port);
    }
}

using System.Net;
using Gateway.Tests.Hosting;

namespace Gateway.Tests;

/// <summary>The whole way of a request, once.</summary>
public sealed class SmokeTests
{
    [Fact]
    public async Task A_request_that_no_view_takes_is_answered_by_the_app_and_traced()
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/anything");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("legacy", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.Equal("1", TraceOfOne.Attribute(Assert.Single(trace.HttpCalls), "loopgate.connection.use"));
    }
}

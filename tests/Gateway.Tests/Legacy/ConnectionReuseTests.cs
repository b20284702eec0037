using System.Globalization;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Whether connections to the app carry more than one request.</summary>
public sealed class ConnectionReuseTests
{
    [Theory]
    [InlineData("true", 1)]
    [InlineData("false", 3)]
    public async Task Requests_share_a_connection_unless_the_setting_forbids_it(string reuse, int connections)
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:ReuseConnections", reuse), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"));

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await gateway.Client.GetStringAsync(new Uri($"/{i}", UriKind.Relative)));
        }

        Assert.Equal(connections, app.Connections.Count);
        IReadOnlyList<System.Text.Json.JsonElement[]> traces = await gateway.TracesAsync(3);
        string?[] uses = [.. traces.Reverse().Select(static trace => TraceOfOne.Attribute(new TraceOfOne(trace).HttpCalls[0], "loopgate.connection.use"))];
        Assert.Equal(Enumerable.Range(1, 3).Select(n => connections == 1 ? n.ToString(CultureInfo.InvariantCulture) : "1"), uses);
    }
}

using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Answers before the answer (RFC 9110 §15.2): those nobody asked for, and the 100 that a client waits for.</summary>
public sealed class InterimAnswerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Ok, 200)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + Ok, 200)]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n", 502)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", 502)]
    public async Task Interim_answers_that_nobody_asked_for_end_at_the_gateway(string sent, int status)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(sent);
        });
        await using GatewayHost gateway = await StartAsync(app);

        foreach (string version in new[] { "1.1", "1.0" })
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync($"GET /a HTTP/{version}\r\nHost: h\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_no_100()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");

        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", true, "HTTP/1.1 100 ")]
    [InlineData("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 417 ")]
    [InlineData("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 413 ")]
    public async Task A_client_that_waits_for_100_is_told_what_the_app_says(string sent, bool takesBody, string expected)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(sent);
            if (takesBody)
            {
                await connection.ReadAsync(2000);
                await connection.SendAsync(Ok);
            }

            await connection.StallAsync();
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");

        Assert.StartsWith(expected, await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        if (takesBody)
        {
            await client.SendAsync(new byte[2000]);
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        }
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app) =>
        GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"));
}

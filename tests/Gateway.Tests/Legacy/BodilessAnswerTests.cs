using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>Answers that have no body, from apps that send one all the same; and answers before the answer.</summary>
public sealed class BodilessAnswerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>Method, what the app sends to it, the status and the length that the client sees, and whether the app's connection goes on.</summary>
    public static TheoryData<string, string, int, string?, bool> Answers() => new()
    {
        { "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, null, false },
        { "GET", "HTTP/1.1 204 No Content\r\ncontent-length:5\r\n\r\n", 204, null, false },
        { "HEAD", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, null, false },
        { "GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 204, null, false },
        { "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204, null, true },
        { "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, null, true },
        { "GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", 205, "0", true },
        { "GET", "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 205, "0", true },
        { "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 5\r\n\r\n", 304, "5", true },
        { "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 5\r\n\r\nhello", 304, "5", false },
        { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "5", true },
        { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "5", false },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Its_head_is_all_the_client_gets_and_the_next_answer_is_clean(string method, string sent, int status, string? length, bool goesOn)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync(request.Target == "/odd" ? sent : Ok);
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"{method} /odd HTTP/1.1\r\nHost: h\r\n\r\n");
        RawAnswer odd = await client.ReadAnswerAsync(toHead: true);
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        RawAnswer next = await client.ReadAnswerAsync();

        Assert.Equal((status, length, null), (odd.Status, odd.Field("Content-Length"), odd.Field("Transfer-Encoding")));
        Assert.Equal((200, "ok"), (next.Status, next.Body));
        Assert.Equal(goesOn ? 1 : 2, app.Connections.Count);
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Warning);
    }

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

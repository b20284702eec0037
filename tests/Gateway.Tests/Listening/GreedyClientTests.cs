using System.Collections.Concurrent;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Listening;

/// <summary>
/// Chapter D of the catalogue, whose other chapters are in <c>Wire</c>: clients that are slow, take too much or leave halfway. What they get, what
/// the app gets, how the connections end, what is logged and counted, and that the others are served.
/// </summary>
public sealed class GreedyClientTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const int Megabyte = 1 << 20;
    private const int Much = 256;

    [Fact]
    public async Task A_head_that_does_not_end_is_answered_408_and_the_others_are_served()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, ("Kestrel:Limits:RequestHeadersTimeout", "00:00:01"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient slow = await RawClient.ConnectAsync(gateway.Address);

        await slow.SendAsync("GET /slow HTTP/1.1\r\nHost: h\r\n");
        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);

        Assert.Equal(408, (await slow.ReadAnswerAsync()).Status);
        Assert.True(await slow.IsClosedAsync());
        Assert.Equal("/a", Assert.Single(app.Requests).Target);
        Assert.Equal(["loopgate.failures{error.type=head_too_slow}"], measured.Counted);
        IsQuiet(gateway);
    }

    [Fact]
    public async Task A_body_that_drips_is_answered_408_where_a_rate_is_set_and_the_app_sees_no_whole_request()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(
            app, ("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond", "1000"), ("Kestrel:Limits:MinRequestBodyDataRate:GracePeriod", "00:00:01.1"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient slow = await RawClient.ConnectAsync(gateway.Address);

        await slow.SendAsync("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nbegun");

        Assert.Equal(408, (await slow.ReadAnswerAsync()).Status);
        Assert.True(await slow.IsClosedAsync());
        await Eventually.Holds(() => app.Connections.All(static connection => connection.ClientLeft.IsCompleted), "the app's connection to end");
        Assert.Empty(app.Requests);
        Assert.Equal(["loopgate.failures{error.type=body_too_slow}"], measured.Counted);
        IsQuiet(gateway);
    }

    [Fact]
    public async Task An_app_is_held_back_while_its_client_does_not_read_and_let_go_when_it_leaves()
    {
        int sent = 0;
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {(long)Much * Megabyte}\r\n\r\n");
            for (var part = new byte[Megabyte]; sent < Much; Interlocked.Increment(ref sent))
            {
                await connection.SendAsync(part);
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient greedy = await RawClient.ConnectAsync(gateway.Address);

        await greedy.SendAsync(Request);
        int before = -1;
        // The buffers of the sockets and of the gateway fill up, and nothing more is taken.
        await Eventually.Async(
            async () =>
            {
                int now = Volatile.Read(ref sent);
                bool stands = now > 0 && now == before;
                before = now;
                await Task.Delay(TimeSpan.FromMilliseconds(300));
                return stands;
            },
            "the app to be held back");
        Assert.InRange(before, 1, Much / 4);
        Assert.Equal("live\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/livez")));
        greedy.Reset();

        await Eventually.Holds(() => gateway.OpenConnections == 0, "the app's connection to end");
        await IsCountedAsync(measured, "client_left");
        IsQuiet(gateway);
    }

    [Fact]
    public async Task An_idle_connection_is_ended_when_its_time_is_over_and_the_others_are_served()
    {
        await using var app = ScriptedServer.Always(Ok);
        // The time runs before the first request, too, which has to come within it.
        await using GatewayHost gateway = await StartAsync(app, ("Kestrel:Limits:KeepAliveTimeout", "00:00:05"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient idle = await RawClient.ConnectAsync(gateway.Address);
        using RawClient silent = await RawClient.ConnectAsync(gateway.Address);
        await idle.SendAsync(Request);
        Assert.Equal(200, (await idle.ReadAnswerAsync()).Status);

        Assert.True(await idle.IsClosedAsync());
        Assert.True(await silent.IsClosedAsync());

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);
        Assert.Equal(["/a", "/a"], app.Requests.Select(static request => request.Target));
        Assert.Empty(measured.Counted);
        IsQuiet(gateway);
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed_at_once_and_health_is_answered()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, ("Kestrel:Limits:MaxConcurrentConnections", "2"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]), ("kestrel.rejected_connections", []));
        using RawClient first = await RawClient.ConnectAsync(gateway.Address);
        using (RawClient second = await RawClient.ConnectAsync(gateway.Address))
        {
            await first.SendAsync(Request);
            await second.SendAsync(Request);
            Assert.Equal((200, 200), ((await first.ReadAnswerAsync()).Status, (await second.ReadAnswerAsync()).Status));

            using RawClient third = await RawClient.ConnectAsync(gateway.Address);
            Assert.True(await third.IsClosedAsync());
            Assert.Equal(["kestrel.rejected_connections{}"], measured.Counted);
            Assert.Equal("ready\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/readyz")));
            await first.SendAsync(Request);
            Assert.Equal(200, (await first.ReadAnswerAsync()).Status);
        }

        await Eventually.Async(async () => await IsServedAsync(gateway), "a place to become free");
        Assert.All(app.Requests, static request => Assert.Equal("/a", request.Target));
        Assert.DoesNotContain(measured.Counted, static counted => counted.StartsWith("loopgate", StringComparison.Ordinal));
        // Once for each that was closed.
        Assert.Equal(measured.Counted.Select(static _ => 24), gateway.Log.Where(static entry => entry.Level > LogLevel.Information).Select(static entry => entry.Id));
    }

    [Theory]
    [InlineData("Content-Length: 2000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7d0\r\n")]
    public async Task A_body_beyond_the_limit_is_answered_413_and_the_app_sees_no_whole_request(string framing)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, ("Kestrel:Limits:MaxRequestBodySize", "1000"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.TrySendAsync($"POST /a HTTP/1.1\r\nHost: h\r\n{framing}{new string('x', 1500)}");

        Assert.Equal(413, (await client.ReadAnswerAsync()).Status);
        Assert.True(await client.IsClosedAsync());
        await Eventually.Holds(() => app.Connections.All(static connection => connection.ClientLeft.IsCompleted), "the app's connection to end");
        Assert.Empty(app.Requests);
        Assert.Equal(["loopgate.failures{error.type=body_too_large}"], measured.Counted);
        IsQuiet(gateway);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhalf.", true)]
    [InlineData("Content-Length: 10\r\n\r\nhalf.", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\nhalf.", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\nhalf.", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhalf.\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhalf.\r\n0\r\nTrailer: 1", false)]
    [InlineData("Content-Length: 100\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n", false)]
    [InlineData("Content-Length: 100\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhalf.\r\n0\r\nGET: /hidden HTTP/1.1\r\nHost: h\r\n", false)]
    public async Task A_client_that_leaves_within_its_body_never_becomes_a_whole_request(string framingAndBody, bool byReset)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\n" + framingAndBody);
        await Eventually.Holds(() => app.Connections.Count == 1, "the request to reach the app");
        if (byReset)
        {
            client.Reset();
        }
        else
        {
            client.EndSending();
        }

        await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(app.Requests);
        Assert.True(byReset || await client.IsClosedAsync());
        await IsCountedAsync(measured, "client_left");
        IsQuiet(gateway);
    }

    [Theory]
    [InlineData("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")]
    [InlineData("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")]
    [InlineData("POST /early HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")]
    [InlineData("TRACE /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")]
    [InlineData("POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\nExpect: 200-ok\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")]
    public async Task What_came_of_a_body_is_never_taken_for_a_request_when_its_client_leaves(string begun)
    {
        var heads = new ConcurrentQueue<string>();
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadHeadAsync() is { } head)
            {
                heads.Enqueue(head);
                if (head.StartsWith("POST /a ", StringComparison.Ordinal))
                {
                    await connection.ReadAsync(1000);
                }

                await connection.SendAsync(Ok);
                if (head.StartsWith("POST /early ", StringComparison.Ordinal))
                {
                    return;
                }
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));

        for (int i = 0; i < 200; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync(begun + "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n");
            if (i % 2 == 1)
            {
                await Task.Delay(1); // In half of them, the gateway has begun to read.
            }

            client.EndSending();
            await client.IsClosedAsync();
        }

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);
        Assert.DoesNotContain(heads, static head => head.StartsWith("GET /hidden", StringComparison.Ordinal));
        Assert.DoesNotContain("loopgate.failures{error.type=head_malformed}", measured.Counted);
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level > LogLevel.Warning);
    }

    [Fact]
    public async Task A_client_that_says_it_will_send_no_more_is_taken_for_one_that_left()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await StartAsync(app);
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        await Eventually.Holds(() => app.Requests.Count == 1, "the request to reach the app");
        client.EndSending();

        await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(await client.IsClosedAsync());
        await IsCountedAsync(measured, "client_left");
        IsQuiet(gateway);
    }

    private static async Task IsCountedAsync(Measured measured, string reason)
    {
        await Eventually.Holds(() => measured.Counted.Count > 0, "it to be counted");
        Assert.Equal([$"loopgate.failures{{error.type={reason}}}"], measured.Counted);
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app, params (string, string)[] settings) =>
        GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);

    private static async Task<bool> IsServedAsync(GatewayHost gateway)
    {
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        await client.TrySendAsync(Request);
        return await client.ReadAnswerAsync() is { IsWhole: true, Status: 200 };
    }

    private static void IsQuiet(GatewayHost gateway) =>
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level > LogLevel.Information);
}

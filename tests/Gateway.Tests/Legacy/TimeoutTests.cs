using System.Text.Json;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Legacy;

/// <summary>How long the app may take for each step. Where a test needs time to pass, a second request that runs into its limit is the clock.</summary>
public sealed class TimeoutTests
{
    private const string Short = "00:00:00.3";

    /// <summary>For a limit that runs while something has to succeed, be it that a connection is made on a busy machine.</summary>
    private const string Ample = "00:00:02";

    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string ServerSentEvents = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task An_app_without_a_first_byte_in_time_is_a_504_and_its_call_is_cancelled()
    {
        await using var app = Stalling("");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:FirstByteTimeout", Short));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Equal(504, answer.Status);
        Assert.Equal("Gateway Timeout", JsonDocument.Parse(answer.Body).RootElement.GetProperty("title").GetString());
        await (await app.FirstAsync()).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "504");
    }

    [Fact]
    public async Task The_limit_of_the_first_byte_holds_for_requests_with_a_body_too()
    {
        await using var app = Stalling("");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:FirstByteTimeout", Short));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal(504, answer.Status);
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "504");
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nbegun")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")]
    [InlineData("Connection: close\r\n\r\nbegun")]
    public async Task A_pause_in_the_answer_beyond_the_limit_leaves_the_client_with_half_a_message(string rest)
    {
        await using var app = Stalling($"HTTP/1.1 200 OK\r\n{rest}");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:IdleTimeout", Short));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Equal(200, answer.Status);
        Assert.False(answer.IsWhole);
        await (await app.FirstAsync()).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "200");
    }

    [Fact]
    public async Task An_app_that_takes_no_byte_of_the_upload_beyond_the_limit_is_a_504()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WaitAsync(new TaskCompletionSource().Task);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:IdleTimeout", Short));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
        Task sending = client.SendAsync(new byte[100_000_000]);
        RawAnswer answer = await client.ReadAnswerAsync();

        Assert.Equal(504, answer.Status);
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "504");
        client.Reset();
        await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/event-stream; charset=utf-8")]
    [InlineData("application/grpc+proto")]
    public async Task A_stream_may_be_silent_for_longer_than_the_limit(string type)
    {
        var limitPassed = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            bool streams = (await connection.ReadRequestAsync())!.Target == "/events";
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: {(streams ? type : "text/plain")}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n");
            await connection.WaitAsync(streams ? limitPassed.Task : new TaskCompletionSource().Task);
            await connection.SendAsync("4\r\nmore\r\n0\r\n\r\n");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:IdleTimeout", Short));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadUntilAsync("begun");
        Assert.False((await RawClient.ExchangeAsync(gateway.Address, Request)).IsWhole);
        limitPassed.SetResult();

        Assert.EndsWith("more\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    /// <summary>However its type is written.</summary>
    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("Text/Event-Stream")]
    public async Task A_stream_that_has_a_limit_of_its_own_is_held_to_it(string type)
    {
        await using var app = Stalling($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:StreamIdleTimeout", Short));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Equal((200, false), (answer.Status, answer.IsWhole));
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "200");
    }

    [Fact]
    public async Task A_WebSocket_is_held_to_its_limit_after_a_word_of_its_client_too()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:StreamIdleTimeout", Short));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        await client.SendAsync(
            "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");

        // On a busy machine the limit may have passed by now.
        await client.TrySendAsync("word");

        Assert.True(await client.IsClosedAsync());
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "101");
    }

    [Theory]
    [InlineData("", Short, 504)]
    [InlineData(ServerSentEvents + "5\r\nbegun\r\n", Ample, 200)]
    public async Task The_limit_of_the_whole_exchange_cuts_waiting_and_streams(string sent, string limit, int status)
    {
        await using var app = Stalling(sent);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:TotalTimeout", limit));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 504, answer.IsWhole);
        await (await app.FirstAsync()).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("Legacy:Address", "Legacy:TotalTimeout", "legacy", "/b")]
    [InlineData("Legacy:Address", "Legacy:TotalTimeout", "legacy", "/a")]
    [InlineData("ReverseProxy:Clusters:c:Destinations:only:Address", "ReverseProxy:Clusters:c:Loopgate:TotalTimeout", "c", "/a")]
    public async Task The_limit_of_the_whole_exchange_frees_the_app_of_a_client_that_reads_nothing(string address, string limit, string cluster, string path)
    {
        var freed = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            await Assert.ThrowsAsync<IOException>(() => connection.SendAsync(new byte[100_000_000]));
            freed.SetResult();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            (address, app.Address.AbsoluteUri), (limit, Ample), ("ReverseProxy:Routes:r:ClusterId", cluster), ("ReverseProxy:Routes:r:Match:Path", path));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);

        await freed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await FailureTests.ServerSpanTellsAsync(gateway, "app_too_slow", "200");
        Assert.Contains(gateway.Log, static entry => entry.Message.EndsWith("TotalTimeout of its cluster, has passed.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_is_slow_with_its_upload_is_not_the_apps_fault()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            string head = (await connection.ReadHeadAsync())!;
            if (head.StartsWith("POST", StringComparison.Ordinal) && (await connection.ReadAsync(8)).Length == 8)
            {
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }

            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:FirstByteTimeout", Ample), ("Legacy:IdleTimeout", Ample));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        Assert.Equal(504, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);
        await client.SendAsync("half");
        RawAnswer answer = await client.ReadAnswerAsync();

        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task An_answer_that_has_begun_before_the_body_ended_is_not_held_to_the_limit_of_its_first_byte()
    {
        var mayEnd = new TaskCompletionSource();
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http2, answer: async context =>
        {
            context.Response.ContentType = "application/grpc";
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            await context.Response.WriteAsync("begun");
            await context.Request.Body.CopyToAsync(Stream.Null);
            await mayEnd.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("ended");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("ReverseProxy:Routes:grpc:ClusterId", "grpc"), ("ReverseProxy:Routes:grpc:Match:Path", "/a"),
            ("ReverseProxy:Clusters:grpc:Destinations:only:Address", app.Address.AbsoluteUri), ("ReverseProxy:Clusters:grpc:Loopgate:FirstByteTimeout", Ample),
            ("ReverseProxy:Clusters:grpc:HttpRequest:Version", "2"), ("ReverseProxy:Clusters:grpc:HttpRequest:VersionPolicy", "RequestVersionExact"));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        await client.ReadUntilAsync("begun");
        await client.SendAsync("4\r\nhalf\r\n0\r\n\r\n");
        Assert.Equal(504, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);
        mayEnd.SetResult();

        Assert.EndsWith("ended\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    private static ScriptedServer Stalling(string sent) => new(async connection =>
    {
        await connection.ReadHeadAsync();
        await connection.SendAsync(sent);
        await connection.StallAsync();
    });
}

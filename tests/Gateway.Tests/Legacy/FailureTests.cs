using System.Net;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>What the client and the trace are told where the app fails, or the client does.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData("POST", "")]
    [InlineData("POST", "Content-Length: 0\r\n")]
    [InlineData("PATCH", "")]
    public async Task What_does_something_each_time_is_never_sent_twice(string method, string framing)
    {
        bool closing = false;
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null && !closing)
            {
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"));
        await gateway.Client.GetStringAsync("/warm");
        closing = true;

        // Over the connection that is there already, and over a new one.
        for (int i = 1; i <= 2; i++)
        {
            RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} /once HTTP/1.1\r\nHost: h\r\n{framing}\r\n");
            Assert.Equal(502, answer.Status);
            Assert.Equal(i, app.Requests.Count(static request => request.Target == "/once"));
        }
    }

    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Interrupted = "interrupted";

    [Fact]
    public async Task An_app_that_refuses_connections_is_a_502_in_the_one_shape()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(502, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        JsonElement problem = JsonDocument.Parse(answer.Body).RootElement;
        Assert.Equal(["title", "status", "detail", "traceId"], problem.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("Bad Gateway", problem.GetProperty("title").GetString());
        Assert.Equal(502, problem.GetProperty("status").GetInt32());
        Assert.Equal("The app cannot be reached.", problem.GetProperty("detail").GetString());
        Assert.Equal(trace.Server.GetProperty("traceId").GetString(), problem.GetProperty("traceId").GetString());
        Assert.Equal("app_unreachable", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
        Assert.Contains(gateway.Log, static entry => entry is { Category: "Gateway.Legacy", Level: Microsoft.Extensions.Logging.LogLevel.Warning });
    }

    [Fact]
    public async Task The_502_to_a_HEAD_has_no_body()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.Equal(502, (await client.ReadAnswerAsync(toHead: true)).Status);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_head_without_end_is_a_502()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await connection.SendAsync($"X-More: {new string('x', 8000)}\r\n");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        Assert.Equal(502, (await RawClient.ExchangeAsync(gateway.Address, Request)).Status);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n" + Interrupted, "", false)]
    [InlineData("Content-Length: 100\r\n\r\n" + Interrupted, "", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n" + Interrupted + "\r\n", "", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n" + Interrupted + "\r\n", "", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n" + Interrupted + "\r\n", "zz\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n" + Interrupted + "\r\n", "5\r\nhel", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n" + Interrupted + "\r\n", "5\r\nhello\r\n0", false)]
    public async Task A_body_that_the_app_breaks_off_is_never_taken_for_a_whole_one(string rest, string end, bool reset)
    {
        var seen = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\n{rest}");
            await connection.WaitAsync(seen.Task);
            await connection.SendAsync(end);
            if (reset)
            {
                connection.Reset();
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        string begun = await client.ReadUntilAsync(Interrupted);
        seen.SetResult();
        string tail = await client.ReadUntilAsync("\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", begun, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", tail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task An_answer_that_the_app_breaks_off_is_the_apps_fault_in_the_trace(int round)
    {
        var seen = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
            await connection.WaitAsync(seen.Task);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        await client.ReadUntilAsync("begun");
        seen.SetResult();

        Assert.True(await client.IsClosedAsync(), $"{round}");
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("app_broken", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("200", TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
    }

    public static TheoryData<int> Rounds() => [.. Enumerable.Range(1, 20)];

    /// <summary>The app has served what there is of it, and its own report of its loop stands.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nX-Loop: id=9f3c21aa.21;use=3\r\nContent-Length: 10\r\n\r\ncut", "app_broken", false)]
    [InlineData("HTTP/1.1 200 OK\r\nX-Loop: id=9f3c21aa.21;use=3\r\nContent-Length: 10\r\n\r\nstalls", "app_too_slow", true)]
    public async Task An_answer_that_is_cut_short_was_served_by_the_app_in_its_loop(string answer, string error, bool stalls)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer);
            if (stalls)
            {
                await connection.StallAsync();
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:IdleTimeout", "00:00:00.3"));
        using var measured = new Measured(gateway, ("loopgate.loop.uses", ["loopgate.served_by"]), ("loopgate.failures", ["error.type"]));

        RawAnswer cut = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.False(cut.IsWhole);
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(
            (error, "legacy", "9f3c21aa.21", "3"),
            (TraceOfOne.Attribute(trace.Server, "error.type"), TraceOfOne.Attribute(trace.Server, "loopgate.served_by"),
                TraceOfOne.Attribute(trace.Server, "loopgate.loop.id"), TraceOfOne.Attribute(trace.Server, "loopgate.loop.use")));
        Assert.Equal([$"loopgate.failures{{error.type={error}}}", "loopgate.loop.uses{loopgate.served_by=legacy}"], measured.Counted.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_client_that_leaves_while_the_app_works_cancels_the_call_and_counts_as_499()
    {
        var working = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            working.SetResult();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        await working.Task.WaitAsync(TimeSpan.FromSeconds(10));
        client.Reset();

        await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("499", TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Equal("client_left", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal(["loopgate.failures{error.type=client_left}"], measured.Counted);
        Assert.NotEqual("Error", trace.Server.GetProperty("status").GetString());
        Assert.Equal("legacy", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task A_client_that_leaves_within_the_answer_cancels_the_call()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n");
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        await client.ReadUntilAsync("begun");
        client.Reset();

        await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("client_left", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal(["loopgate.failures{error.type=client_left}"], measured.Counted);
        Assert.NotEqual("Error", trace.Server.GetProperty("status").GetString());
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task A_body_whose_chunks_are_malformed_is_a_400()
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(
            gateway.Address, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nzz\r\n");

        Assert.Equal(400, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("request_malformed", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.NotEqual("Error", trace.Server.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("", "The connection ended before the answer began. (ResponseEnded)")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", "The app switched protocols without being asked. (InvalidResponse)")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nsecret", "The framing of the answer is not HTTP. (InvalidResponse)")]
    [InlineData("HTTP/1.1 999 secret\r\nContent-Length: 0\r\n\r\n", "The answer has a status that is none. (InvalidResponse)")]
    [InlineData("SSH-2.0-secret\r\n", "InvalidResponse")]
    [InlineData("HTTP/1.1 200 OK\r\nA: {fill}\r\n\r\n", "The head of the answer is too long.")]
    public async Task The_log_says_what_is_wrong_with_an_answer_and_quotes_none_of_it(string answer, string sentence)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer.Replace("{fill}", new string('a', 70_000), StringComparison.Ordinal));
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer seen = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(502, seen.Status);
        LogEntry said = Assert.Single(gateway.Log, static entry => entry.Id == 600);
        Assert.EndsWith($": {sentence}", said.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "http://127.0.0.1:1/: app_unreachable (Request): ConnectionError: Connection refused")]
    [InlineData("http://no.invalid/", "http://no.invalid/: app_unreachable (Request): NameResolutionError: ")]
    public async Task The_log_says_which_server_cannot_be_reached_and_why(string address, string sentence)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", address));

        RawAnswer seen = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(502, seen.Status);
        Assert.StartsWith(sentence, Assert.Single(gateway.Log, static entry => entry.Id == 600).Message, StringComparison.Ordinal);
    }

    /// <summary>RFC 9113 §7: INTERNAL_ERROR; a request that was cancelled would be the client's own doing.</summary>
    [Fact]
    public async Task An_answer_that_breaks_off_is_an_error_of_the_server_over_HTTP2()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/a") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        HttpProtocolException broken = await Assert.ThrowsAnyAsync<HttpProtocolException>(async () =>
        {
            await using Stream body = await answer.Content.ReadAsStreamAsync();
            await body.CopyToAsync(Stream.Null);
        });

        Assert.Equal(2, broken.ErrorCode);
    }

    internal static async Task ServerSpanTellsAsync(GatewayHost gateway, string reason, string status)
    {
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(reason, TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal(status, TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
    }
}

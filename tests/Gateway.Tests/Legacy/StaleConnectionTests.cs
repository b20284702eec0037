using System.Text.Json;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>A pooled connection that the app gives up while a request is on its way: who is sent again, who never, and what the trace says.</summary>
public sealed class StaleConnectionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Long = "00:01:00";

    public static MatrixTheoryData<string, string, bool> Repeatable() => new(["GET", "OPTIONS", "PUT", "DELETE"], ["", "Content-Length: 0\r\n"], [true, false]);

    [Theory]
    [MemberData(nameof(Repeatable))]
    public async Task What_may_be_repeated_is_sent_again_once_on_a_new_connection(string method, string framing, bool reset)
    {
        await using ScriptedServer app = GivingUp(reset);
        await using GatewayHost gateway = await StartAsync(app);
        await gateway.Client.GetStringAsync("/warm");

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} /again HTTP/1.1\r\nHost: h\r\n{framing}\r\n");

        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        Assert.Equal([["/warm", "/again"], ["/again"]], app.Connections.Select(static connection => connection.Requests.Select(static request => request.Target)));
        TraceOfOne trace = new((await gateway.TracesAsync(2))[0]);
        Assert.Equal(
            [("1", "2", null, "response_ended"), ("2", "1", "1", null)],
            trace.HttpCalls.Select(static call => (
                TraceOfOne.Attribute(call, "loopgate.connection.attempts"), TraceOfOne.Attribute(call, "loopgate.connection.use"),
                TraceOfOne.Attribute(call, "http.request.resend_count"), TraceOfOne.Attribute(call, "error.type"))));
        Assert.Equal(trace.HttpCalls.Select(Traceparent), app.Requests.Where(static request => request.Target == "/again").Select(static request => request.Field("traceparent")));
        Assert.Null(TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Warning);
        await gateway.StopAsync();
        Tracing.Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Theory]
    [InlineData("POST", "", true)]
    [InlineData("POST", "Content-Length: 0\r\n", true)]
    [InlineData("POST", "Content-Length: 0\r\n", false)]
    [InlineData("PATCH", "", true)]
    [InlineData("PUT", "Content-Length: 4\r\n\r\nbody", true)]
    [InlineData("PUT", "Content-Length: 4\r\n\r\nbody", false)]
    [InlineData("DELETE", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n", true)]
    public async Task What_may_not_be_repeated_or_has_a_body_is_a_502_and_was_sent_once(string method, string rest, bool reset)
    {
        await using ScriptedServer app = GivingUp(reset);
        await using GatewayHost gateway = await StartAsync(app);
        await gateway.Client.GetStringAsync("/warm");

        string end = rest.Contains("body", StringComparison.Ordinal) && !rest.StartsWith("Transfer", StringComparison.Ordinal) ? "" : "\r\n";
        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} /once HTTP/1.1\r\nHost: h\r\n{rest}{end}");

        Assert.Equal(502, answer.Status);
        Assert.Equal(["/warm", "/once"], app.Requests.Select(static request => request.Target));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_was_new_is_not_stale_and_nothing_is_sent_again(bool reset)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            End(connection, reset);
        });
        await using GatewayHost gateway = await StartAsync(app);

        Assert.Equal(502, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")).Status);

        Assert.Single(app.Requests);
        await FailureTests.ServerSpanTellsAsync(gateway, "app_broken", "502");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_attempt_that_fails_is_the_last(bool reset)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Target: "/warm" })
            {
                await connection.SendAsync(Ok);
            }

            End(connection, reset);
        });
        await using GatewayHost gateway = await StartAsync(app);
        await gateway.Client.GetStringAsync("/warm");

        Assert.Equal(502, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")).Status);

        Assert.Equal(2, app.Requests.Count(static request => request.Target == "/a"));
    }

    [Theory]
    [InlineData("H")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    public async Task An_answer_that_had_begun_is_not_asked_for_again(string begun)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Ok);
            await connection.ReadRequestAsync();
            await connection.SendAsync(begun);
        });
        await using GatewayHost gateway = await StartAsync(app);
        await gateway.Client.GetStringAsync("/warm");

        Assert.Equal(502, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")).Status);

        Assert.Single(app.Requests, static request => request.Target == "/a");
    }

    /// <summary>wire.md 1.3: the app gives up each connection when the next request comes, every other one once it has read it, the rest a moment before.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_app_that_gives_up_connections_when_the_next_request_comes_costs_no_GET_a_502(bool reset)
    {
        var comes = new TaskCompletionSource();
        int connections = 0;
        await using var app = new ScriptedServer(async connection =>
        {
            bool reads = Interlocked.Increment(ref connections) % 2 == 0;
            await connection.ReadRequestAsync();
            Task soon = Volatile.Read(ref comes).Task;
            await connection.SendAsync(Ok);
            Task next = connection.ReadRequestAsync();
            await Task.WhenAny(next, reads ? next : connection.WaitAsync(soon));
            End(connection, reset);
        });
        await using GatewayHost gateway = await StartAsync(app);
        List<int> statuses = [];

        for (int round = 0; round < 40; round++)
        {
            Interlocked.Exchange(ref comes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            RawAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")));
            statuses.AddRange(answers.Select(static answer => answer.Status));
        }

        Assert.Equal(320, statuses.Count(static status => status == 200));
        await gateway.StopAsync();
        Assert.Contains(gateway.Exported, static span => span.GetTagItem("http.request.resend_count") is not null);
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app) =>
        GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", Long));

    /// <summary>Answers the first request of the first connection, and all of the others.</summary>
    private static ScriptedServer GivingUp(bool reset)
    {
        bool isFirst = true;
        return new ScriptedServer(async connection =>
        {
            bool givesUp = isFirst;
            isFirst = false;
            for (int i = 0; await connection.ReadRequestAsync() is not null && !(givesUp && i == 1); i++)
            {
                await connection.SendAsync(Ok);
            }

            End(connection, reset);
        });
    }

    private static void End(ScriptedConnection connection, bool reset)
    {
        if (reset)
        {
            connection.Reset();
        }
    }

    private static string Traceparent(JsonElement call) =>
        $"00-{call.GetProperty("traceId").GetString()}-{call.GetProperty("spanId").GetString()}-01";
}

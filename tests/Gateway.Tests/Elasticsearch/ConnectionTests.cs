using System.Net;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M12, M14: how connections are used again, and what becomes of a call whose client leaves.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task One_connection_carries_request_after_request()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node);

        for (int i = 0; i < 5; i++)
        {
            await scene.GetsInfoAsync();
        }

        Assert.Equal(5, Assert.Single(node.Connections).Requests.Count);
        Assert.Equal(
            ["5", "4", "3", "2", "1"],
            (await scene.Gateway.TracesAsync(5))
                .Select(static trace => TraceOfOne.Attribute(new TraceOfOne(trace).HttpCalls[0], "loopgate.connection.use")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pooled_connection_that_is_dead_is_replaced_without_a_word(bool reset)
    {
        int accepted = 0;
        await using var node = new ScriptedServer(async connection =>
        {
            bool dies = Interlocked.Increment(ref accepted) == 1;
            await connection.ReadRequestAsync();
            await connection.SendAsync(Answers.Info);
            // It has promised to stay, and goes at the moment at which it is needed.
            while (await connection.ReadRequestAsync() is not null && !dies)
            {
                await connection.SendAsync(Answers.Info);
            }

            if (reset)
            {
                connection.Reset();
            }
        });
        await using Scene scene = await Scene.StartAsync(node);

        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(2, node.Connections.Count);
        Assert.Equal(3, node.Requests.Count);
        Assert.Empty(scene.Said);
        IReadOnlyList<JsonElement> calls = new TraceOfOne((await scene.Gateway.TracesAsync(2))[0]).HttpCalls;
        Assert.Equal(
            [("1", "2", null), ("2", "1", "1")],
            calls.Select(static call => (
                TraceOfOne.Attribute(call, "loopgate.connection.attempts"),
                TraceOfOne.Attribute(call, "loopgate.connection.use"),
                TraceOfOne.Attribute(call, "http.request.resend_count"))));
        // What the node makes of each attempt belongs under that attempt.
        Assert.Equal(
            calls.Select(static call => call.GetProperty("spanId").GetString()),
            node.Requests.Skip(1).Select(static request => request.Field("traceparent")!.Split('-')[2]));
    }

    [Fact]
    public async Task A_connection_that_ends_within_the_head_of_an_answer_is_called_so()
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 2");
        });
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, "Elasticsearch sent an answer that cannot be used.");

        Assert.Contains("the connection ended before the answer did", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        Assert.Single(node.Connections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_connection_that_ends_unanswered_was_not_stale_and_the_node_is_asked_once(bool reset)
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            if (reset)
            {
                connection.Reset();
            }
        });
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        // The second connection asks whether the port speaks TLS.
        Assert.Single(node.Requests, static request => request.Target == "/");
        Assert.Contains("connection_ended", Assert.Single(scene.Said).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_after_an_answer_is_nobodys_answer()
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Answers.Info + Answers.Json("""{"name":"poison"}"""));
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync(node);

        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(2, node.Connections.Count);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_call_and_says_nothing_of_the_node()
    {
        int accepted = 0;
        await using var slow = new ScriptedServer(async connection =>
        {
            bool stalls = Interlocked.Increment(ref accepted) == 1;
            while (await connection.ReadRequestAsync() is not null)
            {
                if (stalls)
                {
                    await connection.StallAsync();
                }

                await connection.SendAsync(Answers.Info);
            }
        });
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(slow, other);
        using var leaving = new CancellationTokenSource();

        Task<HttpResponseMessage> given = scene.Gateway.Client.GetAsync("/", leaving.Token);
        await Eventually.Holds(() => slow.Requests.Count == 1, "the request at the node");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await slow.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));

        // The turns go on as if nothing had happened: a node that rested would be left out.
        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();
        Assert.Equal((2, 1), (slow.Requests.Count, other.Requests.Count));
        Assert.Empty(scene.Said);
        var left = new TraceOfOne((await scene.Gateway.TracesAsync(3))[^1]);
        Assert.Equal("client_left", TraceOfOne.Attribute(left.Operation, "error.type"));
        Assert.Equal("client_left", TraceOfOne.Attribute(left.Server, "error.type"));
        Assert.Equal("499", TraceOfOne.Attribute(left.Server, "http.response.status_code"));
        Assert.Equal("Unset", left.Server.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_call_is_the_gateways_own_and_nothing_of_the_clients_request_is_in_it()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/?pretty&error_trace=true");
        request.Headers.Add("Authorization", "Basic dXNlcjpzZWNyZXQ=");
        request.Headers.Add("Cookie", "session=secret");
        request.Headers.Add("es-security-runas-user", "admin");
        request.Headers.Add("X-Forwarded-For", "10.9.8.7");
        request.Headers.Add("Accept", "text/html");
        using HttpResponseMessage answer = await scene.Gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        ScriptedRequest sent = Assert.Single(node.Requests);
        Assert.Equal("/", sent.Target);
        Assert.Equal($"127.0.0.1:{node.Address.Port}", sent.Field("Host"));
        Assert.Equal("application/json", sent.Field("Accept"));
        Assert.All(
            ["Authorization", "Cookie", "es-security-runas-user", "X-Forwarded-For", "Accept-Encoding"],
            field => Assert.Null(sent.Field(field)));
    }

    /// <summary>.NET would take such a target for another server's URL, and send the credentials there.</summary>
    [Theory]
    [InlineData("GET ///")]
    [InlineData("GET /http://")]
    public async Task A_views_call_never_goes_to_another_server(string start)
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using var foreign = ScriptedServer.Always(Answers.Info);
        ConfigurationException? refused = null;
        try
        {
            await using Scene scene = await Scene.StartAsync(
                [node.Address],
                ("ApiKey", "id:key"),
                (":Views:bad:Path", "/bad"),
                (":Views:bad:Elasticsearch", $"{start}127.0.0.1:{foreign.Address.Port}/x"));
            using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync("/bad");
        }
        catch (ConfigurationException atStart)
        {
            refused = atStart;
        }

        Assert.Empty(foreign.Connections);
        Assert.True(refused is null || refused.Message.StartsWith("Views:bad:Elasticsearch", StringComparison.Ordinal), refused?.Message);
    }

    [Theory]
    [InlineData("es")]
    [InlineData("es/")]
    public async Task A_node_below_a_path_is_asked_below_that_path(string path)
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync([new Uri(node.Address, path)]);

        await scene.GetsInfoAsync();

        Assert.Equal("/es/", Assert.Single(node.Requests).Target);
    }
}

using System.Net;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Requests that want the same call while it is in flight.</summary>
public sealed class SingleFlightTests
{
    private const string On = ":Views:info:SingleFlight";
    private const string Shared = "loopgate.elasticsearch.shared";

    [Fact]
    public async Task Share_one_call_and_their_traces_link_to_it()
    {
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "true"));

        HttpResponseMessage[] answers = await node.ReleaseWhenSharedAsync(scene, 20);

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        foreach (HttpResponseMessage answer in answers)
        {
            Assert.Equal(Answers.InfoJson + "\n", await answer.Content.ReadAsStringAsync());
        }

        Assert.Single(node.Server.Requests);
        TraceOfOne[] traces = [.. (await scene.Gateway.TracesAsync(20)).Select(static trace => new TraceOfOne(trace))];
        TraceOfOne calling = Assert.Single(traces, static trace => trace.Spans.Count > 1);
        Assert.Null(TraceOfOne.Attribute(calling.Server, "loopgate.call.shared"));
        Assert.All(traces.Except([calling]), trace =>
        {
            Assert.Equal("True", TraceOfOne.Attribute(trace.Server, "loopgate.call.shared"));
            Assert.Equal("elasticsearch", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
            // The first link leads to the test's own client.
            JsonElement link = trace.Server.GetProperty("links").EnumerateArray().Last();
            Assert.Equal(Id(calling.Operation), (link.GetProperty("traceId").GetString(), link.GetProperty("spanId").GetString()));
        });
    }

    [Fact]
    public async Task Leave_nothing_behind_for_the_next_request()
    {
        int calls = 0;
        await using var node = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(Answers.Json($"{{\"call\":{++calls}}}"));
            }
        });
        await using Scene scene = await Scene.StartAsync(node, (On, "true"));

        for (int i = 1; i <= 5; i++)
        {
            Assert.Equal($"{{\"call\":{i}}}\n", await scene.Gateway.Client.GetStringAsync("/"));
        }
    }

    [Fact]
    public async Task Keep_their_call_when_the_first_of_them_leaves()
    {
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "true"));
        using var shared = new Measured(scene.Gateway, (Shared, []));
        using var leaving = new CancellationTokenSource();

        Task<HttpResponseMessage> first = scene.Gateway.Client.GetAsync("/", leaving.Token);
        await node.HasARequestAsync();
        Task<HttpResponseMessage> second = scene.GetAsync();
        await Eventually.Holds(() => shared.Counted.Count == 1, "the second request to share");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        // The gateway has noticed once the first one's trace is complete.
        await scene.Gateway.TracesAsync(1);
        node.Release();

        using HttpResponseMessage answer = await second;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(node.Server.Requests);
        TraceOfOne left = (await scene.Gateway.TracesAsync(2)).Select(static trace => new TraceOfOne(trace))
            .Single(static trace => TraceOfOne.Attribute(trace.Server, "error.type") == "client_left");
        Assert.Null(TraceOfOne.Attribute(left.Operation, "error.type"));
    }

    [Fact]
    public async Task Cancel_their_call_when_all_have_left_and_the_next_one_starts_anew()
    {
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "true"));
        using var shared = new Measured(scene.Gateway, (Shared, []));
        using var leaving = new CancellationTokenSource();

        Task<HttpResponseMessage>[] all = [.. Enumerable.Range(0, 5).Select(_ => scene.Gateway.Client.GetAsync("/", leaving.Token))];
        await Eventually.Holds(() => shared.Counted.Count == 4, "all to share");
        await node.HasARequestAsync();
        await leaving.CancelAsync();
        foreach (Task<HttpResponseMessage> one in all)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        }

        await node.Server.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        node.Release();
        await scene.GetsInfoAsync();
        Assert.Equal(2, node.Server.Connections.Count);
        Assert.Empty(scene.Said);
    }

    [Fact]
    public async Task Share_a_failure_too()
    {
        await using var node = new HeldNode(Answers.Json("{}", "429 Too Many Requests", Answers.Product + "Retry-After: 7\r\n"));
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "true"));

        HttpResponseMessage[] answers = await node.ReleaseWhenSharedAsync(scene, 5);

        Assert.All(answers, static answer =>
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(7), answer.Headers.RetryAfter?.Delta);
        });
        Assert.Single(node.Server.Requests);
    }

    [Fact]
    public async Task Do_not_share_where_the_view_does_not_want_it()
    {
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "false"));

        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 5).Select(_ => scene.GetAsync())];
        await Eventually.Holds(() => node.Server.Requests.Count == 5, "a call for each");
        node.Release();

        Assert.All(await Task.WhenAll(requests), static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact]
    public async Task Do_not_share_the_call_of_another_view()
    {
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(
            node.Server, (On, "true"), (":Views:health:Path", "/health"), (":Views:health:Elasticsearch", "GET /_cluster/health"), (":Views:health:SingleFlight", "true"));

        Task<HttpResponseMessage>[] requests = [scene.GetAsync(), scene.Gateway.Client.GetAsync("/health")];
        await Eventually.Holds(() => node.Server.Requests.Count == 2, "a call for each");
        node.Release();

        await Task.WhenAll(requests);
        Assert.Equal(["/", "/_cluster/health"], node.Server.Requests.Select(static request => request.Target).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Have_no_link_to_a_call_that_is_not_recorded()
    {
        const string Unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        await using var node = new HeldNode(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node.Server, (On, "true"), (":Tracing:TrustedCallers:0", "127.0.0.0/8"));
        using var shared = new Measured(scene.Gateway, (Shared, []));
        // A client that does not put a trace of its own into each request.
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = scene.Gateway.Address };
        using var unsampled = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "traceparent", Unsampled } } };

        Task<HttpResponseMessage> first = client.SendAsync(unsampled);
        await node.HasARequestAsync();
        Task<HttpResponseMessage> second = client.GetAsync("/");
        await Eventually.Holds(() => shared.Counted.Count == 1, "the second request to share");
        node.Release();
        await Task.WhenAll(first, second);

        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal("True", TraceOfOne.Attribute(trace.Server, "loopgate.call.shared"));
        Assert.Empty(trace.Server.GetProperty("links").EnumerateArray());
    }

    private static (string?, string?) Id(JsonElement span) => (span.GetProperty("traceId").GetString(), span.GetProperty("spanId").GetString());

    /// <summary>A node that answers only once it is released, and from then on at once.</summary>
    private sealed class HeldNode : IAsyncDisposable
    {
        private readonly TaskCompletionSource _released = new();

        /// <param name="answer">The one answer of each connection, which is closed then: the read that notices a client who leaves is still waiting on it.</param>
        public HeldNode(string answer) => Server = new ScriptedServer(async connection =>
        {
            if (await connection.ReadRequestAsync() is not null)
            {
                await connection.WaitAsync(Task.WhenAny(_released.Task, connection.StallAsync()));
                await connection.SendAsync(answer.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
            }
        });

        public ScriptedServer Server { get; }

        public void Release() => _released.TrySetResult();

        public Task HasARequestAsync() => Eventually.Holds(() => Server.Requests.Count > 0, "a request at the node");

        /// <summary>Sends so many requests, releases the node once all but one of them share, and returns the answers.</summary>
        public async Task<HttpResponseMessage[]> ReleaseWhenSharedAsync(Scene scene, int count)
        {
            using var shared = new Measured(scene.Gateway, (Shared, []));
            Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, count).Select(_ => scene.GetAsync())];
            await Eventually.Holds(() => shared.Counted.Count == count - 1, "all but one request to share");
            Release();
            return await Task.WhenAll(requests);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}

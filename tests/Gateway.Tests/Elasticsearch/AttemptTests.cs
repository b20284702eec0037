using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>How many nodes a call tries, for which failures, and who finds out whether a node is back.</summary>
public sealed class AttemptTests
{
    private const string CannotAnswer = "503 Service Unavailable";

    [Theory]
    [InlineData(null, 3)]
    [InlineData("0", 1)]
    [InlineData("1", 2)]
    [InlineData("2", 3)]
    [InlineData("100", 3)]
    public async Task A_call_tries_every_node_or_as_many_more_than_one_as_the_setting_says(string? retries, int tried)
    {
        await using var a = ScriptedServer.Always(Answers.Json("{}", CannotAnswer));
        await using var b = ScriptedServer.Always(Answers.Json("{}", CannotAnswer));
        await using var c = ScriptedServer.Always(Answers.Json("{}", CannotAnswer));
        (string, string)[] settings = retries is null ? [] : [("MaxRetries", retries)];
        await using Scene scene = await Scene.StartAsync([a.Address, b.Address, c.Address], settings);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(502, (int)answer.StatusCode);
        Assert.Equal(tried, a.Requests.Count + b.Requests.Count + c.Requests.Count);
        Assert.Equal(tried, (await scene.Gateway.TraceAsync()).HttpCalls.Count);
    }

    [Theory]
    [InlineData("400 Bad Request")]
    [InlineData("401 Unauthorized")]
    [InlineData("403 Forbidden")]
    [InlineData("404 Not Found")]
    [InlineData("408 Request Timeout")]
    [InlineData("409 Conflict")]
    [InlineData("413 Content Too Large")]
    [InlineData("429 Too Many Requests")]
    [InlineData("500 Internal Server Error")]
    [InlineData("501 Not Implemented")]
    [InlineData("301 Moved Permanently")]
    public async Task What_another_node_would_say_too_is_not_asked_of_it_and_the_node_stays_in_use(string status)
    {
        await using var node = ScriptedServer.Always(Answers.Json("{}", status));
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, other);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.NotEqual(200, (int)answer.StatusCode);
        Assert.Single(node.Requests);
        Assert.Empty(other.Connections);
        Assert.All(NodesOf(scene), static node => Assert.True(node.IsLive));
    }

    [Theory]
    [InlineData("no-such-node.invalid", false)]
    [InlineData(null, true)]
    public async Task A_name_that_does_not_exist_and_a_node_without_its_tls_are_passed_over_at_once(string? host, bool tls)
    {
        await using var plain = ScriptedServer.Always(Answers.Info);
        await using var good = ScriptedServer.Always(Answers.Info);
        var bad = new UriBuilder(tls ? "https" : "http", host ?? plain.Address.Host, plain.Address.Port);
        // Both requests come within the rest of the bad one.
        await using Scene scene = await Scene.StartAsync(new FakeTimeProvider(), [bad.Uri, good.Address]);

        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(2, good.Requests.Count);
        Assert.Equal([false, true], NodesOf(scene).Select(static node => node.IsLive));
        Assert.Equal(3, (await scene.Gateway.TracesAsync(2)).Sum(static trace => new TraceOfOne(trace).HttpCalls.Count));
    }

    [Fact]
    public async Task A_node_is_not_blamed_for_the_time_in_which_a_request_waited_for_one_of_its_connections()
    {
        var mayAnswer = new TaskCompletionSource();
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WaitAsync(mayAnswer.Task);
            await connection.SendAsync(Answers.Info);
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync(
            [node.Address], ("MaxConnectionsPerNode", "1"), ("AttemptTimeout", "00:00:02"), ("TotalTimeout", "00:00:02"));

        Task<ElasticsearchResult> first = CallAsync(scene, "?call=1");
        await Eventually.Holds(() => node.Requests.Count == 1, "the first call at the node");
        Task<ElasticsearchResult> second = CallAsync(scene, "?call=2");
        mayAnswer.SetResult();

        Assert.Null((await first).Failure);
        Assert.Equal(global::Gateway.Responding.Outcome.ClusterTooSlow, (await second).Failure);
        Assert.True(Assert.Single(NodesOf(scene)).IsLive);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_was_too_slow_is_a_504_whichever_other_cannot_be_reached(bool isLast)
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        Uri[] nodes = [silent.Address, new Uri("http://127.0.0.1:1")];
        await using Scene scene = await Scene.StartAsync(isLast ? [nodes[1], nodes[0]] : nodes, ("AttemptTimeout", "00:00:01"));

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(504, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Of_a_hundred_requests_at_the_end_of_a_rest_exactly_one_goes_to_the_node()
    {
        var released = new TaskCompletionSource();
        int asked = 0;
        await using var rested = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                bool fails = Interlocked.Increment(ref asked) == 1;
                await (fails ? Task.CompletedTask : connection.WaitAsync(released.Task));
                await connection.SendAsync(fails ? Answers.Json("{}", CannotAnswer) : Answers.Info);
            }
        });
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(rested, other);
        await scene.GetsInfoAsync();
        Node node = NodesOf(scene)[0];
        await Eventually.Holds(() => TimeProvider.System.GetUtcNow() > node.RestsUntil, "the end of the rest");

        // Different targets, for calls that are the same may share an answer.
        Task<ElasticsearchResult>[] calls = [.. Enumerable.Range(0, 100).Select(i => CallAsync(scene, $"?call={i}"))];
        await Eventually.Holds(() => calls.Count(static call => call.IsCompleted) == 99, "the other node's 99 answers");

        Assert.False(node.IsLive);
        Assert.Equal(2, rested.Requests.Count);
        released.SetResult();
        Assert.All(await Task.WhenAll(calls), static result => Assert.Null(result.Failure));
        Assert.Equal(2, rested.Requests.Count);
        Assert.True(node.IsLive);
    }

    [Fact]
    public async Task A_probe_whose_caller_leaves_is_followed_by_another()
    {
        int asked = 0;
        await using var rested = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                int turn = Interlocked.Increment(ref asked);
                await (turn == 2 ? connection.StallAsync() : Task.CompletedTask);
                await connection.SendAsync(turn == 1 ? Answers.Json("{}", CannotAnswer) : Answers.Info);
            }
        });
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(rested, other);
        await scene.GetsInfoAsync();
        Node node = NodesOf(scene)[0];
        await Eventually.Holds(() => TimeProvider.System.GetUtcNow() > node.RestsUntil, "the end of the rest");
        using var leaving = new CancellationTokenSource();

        Task<ElasticsearchResult>[] calls = [CallAsync(scene, "?1", leaving.Token), CallAsync(scene, "?2", leaving.Token)];
        await Eventually.Holds(() => asked == 2, "the probe");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(calls));

        Assert.False(node.IsLive);
        await CallAsync(scene, "?3");
        await CallAsync(scene, "?4");
        Assert.True(node.IsLive);
        Assert.Equal(3, rested.Requests.Count);
    }

    /// <summary>It would rest for what two others did, and with it the last node that works.</summary>
    [Fact]
    public async Task A_node_that_got_only_what_others_left_of_the_budget_does_not_rest()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using var late = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(silent, late, ("AttemptTimeout", "00:00:03"), ("TotalTimeout", "00:00:04.2"));

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(504, (int)answer.StatusCode);
        await late.FirstAsync();
        Assert.Single(late.Connections);
        Assert.Equal([false, true], NodesOf(scene).Select(static node => node.IsLive));
    }

    [Fact]
    public async Task Where_all_nodes_are_silent_no_request_outlives_the_budget_and_the_nodes_share_the_load()
    {
        await using var first = new ScriptedServer(static connection => connection.StallAsync());
        await using var second = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(first, second, ("AttemptTimeout", "00:00:02"), ("TotalTimeout", "00:00:02.5"));
        using HttpResponseMessage both = await scene.GetAsync();
        await first.FirstAsync();
        await second.FirstAsync();
        int before = first.Connections.Count + second.Connections.Count;

        long started = TimeProvider.System.GetTimestamp();
        ElasticsearchResult[] results = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => CallAsync(scene, $"?call={i}")));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 2, 2.5 + 2);
        Assert.All(results, static result => Assert.Equal(global::Gateway.Responding.Outcome.ClusterTooSlow, result.Failure));
        Assert.Equal(2, before);
        Assert.InRange(first.Connections.Count, 10, 41);
        Assert.InRange(second.Connections.Count, 10, 41);
    }

    private static IReadOnlyList<Node> NodesOf(Scene scene) => ClientOf(scene).Nodes;

    private static ElasticsearchClient ClientOf(Scene scene) => scene.Gateway.Services.GetRequiredService<ElasticsearchClient>();

    private static Task<ElasticsearchResult> CallAsync(Scene scene, string target, CancellationToken cancellation = default) =>
        ClientOf(scene).GetAsync(new ElasticsearchCall("info", target), cancellation);
}

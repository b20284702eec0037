using System.Globalization;
using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Elasticsearch;

/// <summary>What the metrics say of nodes and of the wait for their connections.</summary>
public sealed class NodeMetricsTests
{
    private const string Nodes = "loopgate.elasticsearch.nodes";
    private const string Attempts = "loopgate.elasticsearch.attempts";
    private const string Operations = "db.client.operation.duration";
    private const string Waits = "db.client.connection.wait_time";

    private static readonly Uri _refused = new("http://127.0.0.1:1/");

    private static readonly (string Instrument, string[] Attributes)[] _instruments =
    [
        (Nodes, ["server.address", "server.port", "loopgate.elasticsearch.node.state"]),
        (Attempts, ["server.address", "server.port", "error.type", "db.response.status_code"]),
        (Operations, ["db.system.name", "db.operation.name", "error.type"]),
        (Waits, ["db.client.connection.pool.name"]),
    ];

    [Fact]
    public async Task Each_node_is_live_or_dead_and_each_attempt_has_its_node()
    {
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync([_refused, good.Address]);
        using var measured = new Measured(scene.Gateway, _instruments);
        string goodTags = $"server.address=127.0.0.1,server.port={good.Address.Port}";

        Assert.Equal([Is(1, "live", "1"), Is(0, "dead", "1"), Is(1, "live", Port(good)), Is(0, "dead", Port(good))], measured.Observe(Nodes));
        await scene.GetsInfoAsync();

        Assert.Equal([Is(0, "live", "1"), Is(1, "dead", "1"), Is(1, "live", Port(good)), Is(0, "dead", Port(good))], measured.Observe(Nodes));
        Assert.Equal(
            ["server.address=127.0.0.1,server.port=1,error.type=unreachable", $"{goodTags},db.response.status_code=200"],
            measured.Of(Attempts).Select(static attempt => attempt.Attributes));
        (double duration, string attributes) = Assert.Single(measured.Of(Operations));
        Assert.Equal("db.system.name=elasticsearch,db.operation.name=info", attributes);
        Assert.True(duration > 0);
    }

    [Fact]
    public async Task A_node_that_the_cluster_names_no_more_has_no_series()
    {
        await using var good = ScriptedServer.Always(Answers.Info);
        await using var seed = ScriptedServer.Always(Answers.Json(Answers.Nodes(Answers.Node(good.Address.Authority, "data"))));
        await using Scene scene = await Scene.StartAsync(seed, ("Sniffing", "true"));
        using var measured = new Measured(scene.Gateway, _instruments);

        await Eventually.Holds(() => measured.Observe(Nodes).SequenceEqual([Is(1, "live", Port(good)), Is(0, "dead", Port(good))]), "the sniffed node alone");

        Assert.Equal(good.Address, Assert.Single(scene.Gateway.Services.GetRequiredService<ElasticsearchClient>().Nodes).Address);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_connection_says_how_long_and_at_which_node()
    {
        var released = new TaskCompletionSource();
        await using var node = ScriptedServer.Once(released.Task, Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("MaxConnectionsPerNode", "1"));
        using var measured = new Measured(scene.Gateway, _instruments);
        ElasticsearchClient client = scene.Gateway.Services.GetRequiredService<ElasticsearchClient>();

        Task first = client.GetAsync(new ElasticsearchCall("info", "?1"), default);
        await Eventually.Holds(() => node.Requests.Count == 1, "the first request at the node");
        Task second = client.GetAsync(new ElasticsearchCall("info", "?2"), default);
        long started = TimeProvider.System.GetTimestamp();
        await Eventually.Holds(() => TimeProvider.System.GetElapsedTime(started).TotalSeconds > 0.2, "a wait that can be measured");
        released.SetResult();
        await Task.WhenAll(first, second);

        IReadOnlyList<(double Value, string Attributes)> waits = measured.Of(Waits);
        Assert.All(waits, wait => Assert.Equal($"db.client.connection.pool.name={node.Address.Authority}", wait.Attributes));
        Assert.Equal(2, waits.Count);
        Assert.InRange(waits[1].Value, 0.2, 10);
    }

    private static string Port(ScriptedServer node) => node.Address.Port.ToString(CultureInfo.InvariantCulture);

    private static (double, string) Is(int value, string state, string port) =>
        (value, $"server.address=127.0.0.1,server.port={port},loopgate.elasticsearch.node.state={state}");
}

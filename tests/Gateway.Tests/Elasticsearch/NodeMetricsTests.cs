using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Elasticsearch;

/// <summary>What the metrics say of nodes and of the wait for their connections.</summary>
public sealed class NodeMetricsTests : IDisposable
{
    private static readonly Uri _refused = new("http://127.0.0.1:1/");

    private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _measured = new();
    private readonly MeterListener _listener = new();

    public NodeMetricsTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Loopgate")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    [Fact]
    public async Task Each_node_is_live_or_dead_and_each_attempt_has_its_node()
    {
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync([_refused, good.Address]);
        string goodTags = $"server.address=127.0.0.1 server.port={good.Address.Port}";

        Assert.Equal([(1, Is("live", "1")), (0, Is("dead", "1")), (1, Is("live", Port(good))), (0, Is("dead", Port(good)))], States());
        await scene.GetsInfoAsync();

        Assert.Equal([(0, Is("live", "1")), (1, Is("dead", "1")), (1, Is("live", Port(good))), (0, Is("dead", Port(good)))], States());
        Assert.Equal(
            ["server.address=127.0.0.1 server.port=1 error.type=unreachable", $"{goodTags} db.response.status_code=200"],
            Of("loopgate.elasticsearch.attempts").Select(static attempt => attempt.Tags));
        (string _, double duration, string tags) = Assert.Single(Of("db.client.operation.duration"));
        Assert.Equal("db.system.name=elasticsearch db.operation.name=info", tags);
        Assert.True(duration > 0);
    }

    [Fact]
    public async Task A_node_that_the_cluster_names_no_more_has_no_series()
    {
        await using var good = ScriptedServer.Always(Answers.Info);
        await using var seed = ScriptedServer.Always(Answers.Json(Answers.Nodes(Answers.Node(good.Address.Authority, "data"))));
        await using Scene scene = await Scene.StartAsync(seed, ("Sniffing", "true"));

        await Eventually.Holds(() => States().SequenceEqual([(1, Is("live", Port(good))), (0, Is("dead", Port(good)))]), "the sniffed node alone");

        Assert.Equal(good.Address, Assert.Single(scene.Gateway.Services.GetRequiredService<ElasticsearchClient>().Nodes).Address);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_connection_says_how_long_and_at_which_node()
    {
        var released = new TaskCompletionSource();
        await using var node = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WaitAsync(released.Task);
                await connection.SendAsync(Answers.Info);
            }
        });
        await using Scene scene = await Scene.StartAsync(node, ("MaxConnectionsPerNode", "1"));
        ElasticsearchClient client = scene.Gateway.Services.GetRequiredService<ElasticsearchClient>();

        Task first = client.GetAsync(new ElasticsearchCall("info", "?1"), default);
        await Eventually.Holds(() => node.Requests.Count == 1, "the first request at the node");
        long started = TimeProvider.System.GetTimestamp();
        Task second = client.GetAsync(new ElasticsearchCall("info", "?2"), default);
        await Eventually.Holds(() => TimeProvider.System.GetElapsedTime(started).TotalSeconds > 0.2, "a wait that can be measured");
        released.SetResult();
        await Task.WhenAll(first, second);

        (string Name, double Value, string Tags)[] waits = [.. Of("db.client.connection.wait_time")];
        Assert.All(waits, wait => Assert.Equal($"db.client.connection.pool.name={node.Address.Authority}", wait.Tags));
        Assert.Equal(2, waits.Length);
        Assert.InRange(waits[1].Value, 0.2, 10);
    }

    public void Dispose() => _listener.Dispose();

    private static string Port(ScriptedServer node) => node.Address.Port.ToString(CultureInfo.InvariantCulture);

    private static string Is(string state, string port) => $"server.address=127.0.0.1 server.port={port} loopgate.elasticsearch.node.state={state}";

    private IEnumerable<(string Name, double Value, string Tags)> Of(string name) => _measured.Where(measured => measured.Name == name);

    private (int, string)[] States()
    {
        int before = Of("loopgate.elasticsearch.nodes").Count();
        _listener.RecordObservableInstruments();
        return [.. Of("loopgate.elasticsearch.nodes").Skip(before).Select(static state => ((int)state.Value, state.Tags))];
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))));
}

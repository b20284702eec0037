using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Responding;

namespace Gateway.Tracing;

/// <summary>
/// What the gateway counts beyond what ASP.NET Core, Kestrel and .NET's HTTP client count by themselves. Attributes are names of
/// peers, operations and reasons: never ids, paths or hosts that a client can make up.
/// </summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "Loopgate";

    private readonly Meter _meter;
    private readonly Counter<long> _loopUses;
    private readonly Counter<long> _loopErrors;
    private readonly Counter<long> _connectionsOpened;
    private readonly UpDownCounter<long> _connectionsOpen;
    private readonly Counter<long> _connectionUses;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _spansDropped;
    private readonly Counter<long> _viewReloads;
    private readonly Counter<long> _configurationReloads;
    private readonly Histogram<double> _operations;
    private readonly Histogram<double> _waits;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _sharedCalls;

    public GatewayMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _loopUses = _meter.CreateCounter<long>("loopgate.loop.uses", "{request}", "Requests by the loop they ran on: made for them, or used before.");
        _loopErrors = _meter.CreateCounter<long>("loopgate.loop.errors", "{request}", "Requests whose loop report has an error.");
        _connectionsOpened = _meter.CreateCounter<long>("loopgate.connection.opened", "{connection}", "Connections opened.");
        _connectionsOpen = _meter.CreateUpDownCounter<long>("loopgate.connection.open", "{connection}", "Connections open now.");
        _connectionUses = _meter.CreateCounter<long>("loopgate.connection.uses", "{request}", "Requests by the connection they rode on: new, or used before.");
        _failures = _meter.CreateCounter<long>("loopgate.failures", "{request}", "Answers of the gateway's own, by reason.");
        _spansDropped = _meter.CreateCounter<long>("loopgate.spans.dropped", "{span}", "Spans that the collector did not take, or for which the queue had no room.");
        _viewReloads = _meter.CreateCounter<long>("loopgate.views.reloads", "{reload}", "Changes of views.json, by what became of them: applied or refused.");
        _configurationReloads = _meter.CreateCounter<long>(
            "loopgate.configuration.reloads", "{reload}", "Changes of the configuration's files, by what became of them: applied or refused.");
        _attempts = _meter.CreateCounter<long>("loopgate.elasticsearch.attempts", "{request}", "Requests to Elasticsearch nodes, by node and result.");
        _sharedCalls = _meter.CreateCounter<long>("loopgate.elasticsearch.shared", "{request}", "Requests answered by a call that another request had in flight.");
        // OpenTelemetry's semantic conventions for database clients give these.
        var boundaries = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] };
        _operations = _meter.CreateHistogram("db.client.operation.duration", "s", "Duration of database client operations.", advice: boundaries);
        _waits = _meter.CreateHistogram("db.client.connection.wait_time", "s", "Time until a request had a connection.", advice: boundaries);
    }

    public void RanOnLoop(string servedBy, bool reused) =>
        _loopUses.Add(1, new(Names.ServedBy, servedBy), new(Names.LoopReused, reused));

    public void LoopFailed() => _loopErrors.Add(1);

    public void ConnectionOpened(string peer)
    {
        _connectionsOpened.Add(1, new KeyValuePair<string, object?>(Names.ConnectionPeer, peer));
        _connectionsOpen.Add(1, new KeyValuePair<string, object?>(Names.ConnectionPeer, peer));
    }

    public void ConnectionClosed(string peer) => _connectionsOpen.Add(-1, new KeyValuePair<string, object?>(Names.ConnectionPeer, peer));

    public void ConnectionUsed(string peer, bool reused) =>
        _connectionUses.Add(1, new(Names.ConnectionPeer, peer), new(Names.ConnectionReused, reused));

    public void Failed(Outcome outcome) => _failures.Add(1, new KeyValuePair<string, object?>(Names.ErrorType, Problem.Of(outcome).Reason));

    /// <summary>The server refused a head by itself: there is no request yet, and no trace.</summary>
    public void Refused(string reason) => _failures.Add(1, new KeyValuePair<string, object?>(Names.ErrorType, reason));

    public void SpansDropped(long count) => _spansDropped.Add(count);

    public void ViewsReloaded(bool applied) => _viewReloads.Add(1, new KeyValuePair<string, object?>(Names.ViewsResult, applied ? "applied" : "refused"));

    public void ConfigurationReloaded(bool applied) =>
        _configurationReloads.Add(1, new KeyValuePair<string, object?>(Names.ConfigurationResult, applied ? "applied" : "refused"));

    /// <summary>A node answered with this status, or, where that is null, failed for this reason.</summary>
    public void NodeAsked(Uri node, string? status, string reason)
    {
        if (_attempts.Enabled)
        {
            KeyValuePair<string, object?> result = status is null ? new(Names.ErrorType, reason) : new(Names.DbResponseStatusCode, status);
            _attempts.Add(1, new(Names.ServerAddress, node.Host), new(Names.ServerPort, node.Port), result);
        }
    }

    public void CallShared() => _sharedCalls.Add(1);

    /// <summary>
    /// Shows each node as live or dead: a series for both, of which one is 1 and the other 0, so that an alert finds a dead node and
    /// a sum counts them. <paramref name="nodes"/> is called for each export.
    /// </summary>
    public void WatchNodes(Func<IEnumerable<(Uri Address, bool IsLive)>> nodes) => _meter.CreateObservableUpDownCounter(
        "loopgate.elasticsearch.nodes",
        () => nodes().SelectMany(static node => (Measurement<int>[])[State(node.Address, "live", node.IsLive), State(node.Address, "dead", !node.IsLive)]),
        "{node}",
        "Nodes that take turns, by whether they work or rest after a failure.");

    /// <summary>From the request's start until it had a connection, which may have been opened for it. A wait in vain is an attempt that failed.</summary>
    public void WaitedForConnection(string pool, DateTime since)
    {
        if (_waits.Enabled)
        {
            TimeSpan waited = TimeProvider.System.GetUtcNow().UtcDateTime - since;
            _waits.Record(Math.Max(0, waited.TotalSeconds), new KeyValuePair<string, object?>(Names.DbClientConnectionPoolName, pool));
        }
    }

    public void OperationEnded(string operation, long started, Outcome? failure)
    {
        if (!_operations.Enabled)
        {
            return;
        }

        var tags = new TagList { { Names.DbSystemName, "elasticsearch" }, { Names.DbOperationName, operation } };
        if (failure is { } outcome)
        {
            tags.Add(Names.ErrorType, Problem.Of(outcome).Reason);
        }

        _operations.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<int> State(Uri node, string state, bool holds) =>
        new(holds ? 1 : 0, new(Names.ServerAddress, node.Host), new(Names.ServerPort, node.Port), new(Names.NodeState, state));
}

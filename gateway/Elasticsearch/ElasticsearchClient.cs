using System.Diagnostics;
using System.Net.Http.Headers;
using Gateway.Responding;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>
/// The one client of the process. It lives as long as the process does, over pooled connections: what a global client in an app with
/// a loop per request cannot.
/// </summary>
internal sealed class ElasticsearchClient : IDisposable
{
    private readonly NodeTransport _transport;
    private readonly NodeList _nodes;
    private readonly Credentials _credentials;
    private readonly SharedCalls _shared;
    private readonly Attempts _attempts;
    private readonly FailureLog _log;
    private readonly GatewayMetrics _metrics;
    private readonly string _id = new SerialIds().Next();
    private long _uses;
    private string? _clusterName;

    public ElasticsearchClient(ElasticsearchOptions options, TracedConnections connections, GatewayMetrics metrics, TimeProvider time, ILogger<ElasticsearchClient> logger)
    {
        _transport = new NodeTransport(options, connections, time, logger);
        _metrics = metrics;
        _shared = new SharedCalls(GetAsync, metrics);
        _nodes = new NodeList(options.Nodes, time);
        _credentials = new Credentials(options, logger);
        _log = new FailureLog(logger, time);
        var calls = new SignedCalls(_transport, _credentials, new TlsProbe(time), time);
        Sniffer = new Sniffer(options, _nodes, calls, _credentials, time);
        _attempts = new Attempts(options, _nodes, calls, metrics, _log, time);
        _attempts.NodeFailed += Sniffer.NodeFailed;
        metrics.WatchNodes(() => _nodes.InTurn.Select(static node => (node.Address, node.IsLive)));
    }

    /// <summary>Finds the nodes of the cluster, where <see cref="SniffingService"/> lets it.</summary>
    public Sniffer Sniffer { get; }

    /// <summary>The nodes that take turns now.</summary>
    public IReadOnlyList<Node> Nodes => _nodes.InTurn;

    /// <summary>Runs a read call: at most one attempt on each node, no more than MaxRetries allows, all inside the total budget.</summary>
    public async Task<ElasticsearchResult> GetAsync(ElasticsearchCall call, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        using var span = OperationSpan.Start(call, _id, Interlocked.Increment(ref _uses));
        Outcome? failure = Outcome.GatewayFailed;
        try
        {
            ElasticsearchResult result = await SendAsync(span, call, cancellation);
            failure = result.Failure;
            return result with { Span = span.Context };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            failure = Outcome.ClientLeft;
            span.CallerLeft();
            throw;
        }
        catch (Exception unforeseen)
        {
            span.Failed(Outcome.GatewayFailed, unforeseen.GetType().FullName!, default);
            throw;
        }
        finally
        {
            _metrics.OperationEnded(call.Operation, started, failure);
        }
    }

    /// <summary>Like <see cref="GetAsync"/>, but takes the answer of the same call of another request, where one is in flight.</summary>
    public Task<ElasticsearchResult> GetSharedAsync(ElasticsearchCall call, RequestTrace? trace, CancellationToken cancellation) =>
        _shared.GetAsync(call, trace, cancellation);

    /// <summary>For who reads an answer and finds only then that it cannot be used: said as often as other failures.</summary>
    public void Unusable(string view, string reason) => _log.Failed(Outcome.ClusterBroken, $"view {view}: {reason}", cause: view);

    public void Dispose() => _transport.Dispose();

    private async Task<ElasticsearchResult> SendAsync(OperationSpan span, ElasticsearchCall call, CancellationToken cancellation)
    {
        if (!_credentials.TryGet(out AuthenticationHeaderValue? authorization, out string? problem))
        {
            return Fail(span, Outcome.ClusterRefused, problem, default, cause: null);
        }

        (NodeAnswer answer, Node node, bool isOldServer) = await _attempts.RunAsync(span, call, authorization, cancellation);
        return AnswerRules.Judge(answer, isOldServer, out string reason) switch
        {
            null => Succeed(span, node, call, answer),
            Outcome.DocumentMissing => Succeed(span, node, call, answer) with { Failure = Outcome.DocumentMissing },
            // An index is missing, or a query is wrong: of each view that this befalls it is said.
            Outcome failure when answer.Status is 400 or 404 =>
                Fail(span, failure, $"{node.Address.Authority}: {Describe(call)}: {reason}", answer, $"{answer.Status} {Describe(call)}"),
            Outcome failure => Fail(span, failure, $"{node.Address.Authority}: {reason}", answer, AnswerRules.CauseOf(answer)),
        };
    }

    private static string Describe(ElasticsearchCall call) => call.Collection is { } collection ? $"{call.Operation} of {collection}" : call.Operation;

    private ElasticsearchResult Succeed(OperationSpan span, Node node, ElasticsearchCall call, in NodeAnswer answer)
    {
        Info? info = call == Info.Call ? node.Learned(answer.Body) : node.Info;
        _clusterName = info?.Cluster ?? _clusterName;
        span.Succeeded(answer.Status, _clusterName, info?.Node);
        return new ElasticsearchResult(answer.Body);
    }

    private ElasticsearchResult Fail(OperationSpan span, Outcome outcome, string reason, in NodeAnswer answer, string? cause)
    {
        span.Failed(outcome, reason, answer);
        _log.Failed(outcome, reason, cause);
        return new ElasticsearchResult(default, outcome, outcome == Outcome.ClusterBusy ? answer.RetryAfter : null);
    }
}

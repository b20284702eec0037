using System.Diagnostics;
using System.Globalization;
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
    private readonly ElasticsearchOptions _options;
    private readonly NodeTransport _transport;
    private readonly NodeList _nodes;
    private readonly Credentials _credentials;
    private readonly SharedCalls _shared;
    private readonly SignedCalls _calls;
    private readonly FailureLog _log;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly string _id = new SerialIds().Next();
    private long _uses;
    private int _pending;
    private string? _clusterName;

    public ElasticsearchClient(ElasticsearchOptions options, TracedConnections connections, GatewayMetrics metrics, TimeProvider time, ILogger<ElasticsearchClient> logger)
    {
        _options = options;
        _time = time;
        _transport = new NodeTransport(options, connections, time, logger);
        _metrics = metrics;
        _shared = new SharedCalls(GetAsync, metrics);
        _nodes = new NodeList(options.Nodes, time);
        _credentials = new Credentials(options);
        _calls = new SignedCalls(_transport, _credentials, new TlsProbe(time));
        _log = new FailureLog(logger, time);
        Sniffer = new Sniffer(options, _nodes, _calls, _credentials);
        metrics.WatchNodes(() => _nodes.InTurn.Select(static node => (node.Address, node.IsLive)));
    }

    /// <summary>Finds the nodes of the cluster, where <see cref="SniffingService"/> lets it.</summary>
    public Sniffer Sniffer { get; }

    /// <summary>The nodes that take turns now.</summary>
    public IReadOnlyList<Node> Nodes => _nodes.InTurn;

    private int MaxPending => (_options.MaxConnectionsPerNode * _nodes.Count) + _options.MaxWaiting;

    /// <summary>Runs a read call: at most one attempt on each node, no more than MaxRetries allows, all inside the total budget.</summary>
    public async Task<ElasticsearchResult> GetAsync(ElasticsearchCall call, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        using Activity? span = Sources.Elasticsearch.StartActivity(call.Operation, ActivityKind.Client);
        Describe(span, call, Interlocked.Increment(ref _uses));
        Outcome? failure = Outcome.ClientLeft;
        try
        {
            ElasticsearchResult result = Interlocked.Increment(ref _pending) > MaxPending
                ? Fail(span, Outcome.TooManyWaiting, "the limit MaxWaiting is reached", default)
                : await AttemptsAsync(span, call, cancellation);
            failure = result.Failure;
            return span is null ? result : result with { Span = span.Context };
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
            _metrics.OperationEnded(call.Operation, started, failure);
            if (failure == Outcome.ClientLeft)
            {
                span?.SetTag(Names.ErrorType, Problem.Of(Outcome.ClientLeft).Reason);
            }
        }
    }

    /// <summary>Like <see cref="GetAsync"/>, but takes the answer of the same call of another request, where one is in flight.</summary>
    public Task<ElasticsearchResult> GetSharedAsync(ElasticsearchCall call, RequestTrace? trace, CancellationToken cancellation) =>
        _shared.GetAsync(call, trace, cancellation);

    /// <summary>For who reads an answer and finds only then that it cannot be used: said as often as other failures.</summary>
    public void Unusable(string reason) => _log.Failed(Outcome.ClusterBroken, reason);

    public void Dispose() => _transport.Dispose();

    private async Task<ElasticsearchResult> AttemptsAsync(Activity? span, ElasticsearchCall call, CancellationToken cancellation)
    {
        if (!_credentials.TryGet(out AuthenticationHeaderValue? authorization, out string? problem))
        {
            return Fail(span, Outcome.ClusterRefused, problem, default);
        }

        var budget = new Budget(_time, _options.TotalTimeout);
        List<Node> tried = [];
        NodeAnswer answer = default;
        while (tried.Count <= (_options.MaxRetries ?? int.MaxValue) && _nodes.Next(tried) is { } use)
        {
            if (budget.IsSpent && tried.Count > 0)
            {
                use.Abandoned();
                break;
            }

            tried.Add(use.Node);
            answer = await AttemptAsync(span, use, call, authorization, budget.ForAttempt(_options.AttemptTimeout), cancellation);
            if (AnswerRules.IsWorthAnotherNode(answer))
            {
                continue;
            }

            if (AnswerRules.NamesNoProduct(answer) && !use.Node.IsOldServer)
            {
                NodeAnswer info = call == Info.Call
                    ? answer
                    : await AttemptAsync(span, use, Info.Call, authorization, budget.ForAttempt(_options.AttemptTimeout), cancellation);
                use.Node.IsOldServer = AnswerRules.IsOldServer(info);
            }

            break;
        }

        return AnswerRules.Judge(answer, tried is [.., { IsOldServer: true }], out string reason) switch
        {
            null => Succeed(span, tried[^1], call, answer),
            Outcome.DocumentMissing => Succeed(span, tried[^1], call, answer) with { Failure = Outcome.DocumentMissing },
            Outcome failure => Fail(span, failure, $"{tried[^1].Address.Authority}: {reason}", answer),
        };
    }

    private async Task<NodeAnswer> AttemptAsync(
        Activity? span, NodeUse use, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        bool judged = false;
        try
        {
            Uri uri = use.Node.UriOf(call.Target);
            Describe(span, uri);
            NodeAnswer answer = await _calls.SendAsync(uri, call, authorization, timeout, cancellation);
            judged = true;
            string? status = answer.Status > 0 ? answer.Status.ToString(CultureInfo.InvariantCulture) : null;
            _metrics.NodeAsked(uri, status, AnswerRules.ReasonOf(answer));
            Conclude(use, answer, timeout);
            return answer;
        }
        finally
        {
            if (!judged)
            {
                // The caller left, or the gateway failed; neither says anything of the node, but another request may try it.
                use.Abandoned();
            }
        }
    }

    private void Conclude(in NodeUse use, in NodeAnswer answer, TimeSpan timeout)
    {
        if (!AnswerRules.IsWorthAnotherNode(answer))
        {
            use.Worked();
        }
        else if (answer.Result == NodeResult.TooSlow && timeout < _options.AttemptTimeout / 2 && timeout < _options.TotalTimeout / 2)
        {
            // Other nodes had used up the time; what this one would have done with its own, nobody knows.
            use.Abandoned();
        }
        else
        {
            _nodes.Failed(use);
            Sniffer.NodeFailed();
        }
    }

    private ElasticsearchResult Succeed(Activity? span, Node node, ElasticsearchCall call, in NodeAnswer answer)
    {
        if (call == Info.Call && (node.Name is null || _clusterName is null))
        {
            (node.Name, _clusterName) = Info.NamesIn(answer.Body);
        }

        span?.SetTag(Names.DbResponseStatusCode, answer.Status.ToString(CultureInfo.InvariantCulture));
        span?.SetTag(Names.DbNamespace, _clusterName);
        span?.SetTag(Names.ElasticsearchNodeName, node.Name);
        return new ElasticsearchResult(answer.Body);
    }

    private ElasticsearchResult Fail(Activity? span, Outcome outcome, string reason, in NodeAnswer answer)
    {
        if (answer.Status > 0)
        {
            span?.SetTag(Names.DbResponseStatusCode, answer.Status.ToString(CultureInfo.InvariantCulture));
        }

        span?.SetTag(Names.ErrorType, answer.Cause ?? Problem.Of(outcome).Reason);
        span?.SetStatus(ActivityStatusCode.Error, reason);
        _log.Failed(outcome, reason, AnswerRules.CauseOf(answer));
        return new ElasticsearchResult(default, outcome, answer.RetryAfter);
    }

    private void Describe(Activity? span, ElasticsearchCall call, long use)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }

        span.AddTag(Names.DbSystemName, "elasticsearch");
        span.AddTag(Names.DbOperationName, call.Operation);
        span.AddTag(Names.HttpRequestMethod, call.Method.Method);
        span.SetTag(Names.DbCollectionName, call.Collection);
        span.AddTag(Names.ClientId, _id);
        span.AddTag(Names.ClientUse, use);
    }

    private static void Describe(Activity? span, Uri attempt)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(Names.ServerAddress, attempt.Host);
            span.SetTag(Names.ServerPort, attempt.Port);
            span.SetTag(Names.UrlFull, attempt.Query.Length == 0 ? attempt.AbsoluteUri : attempt.GetLeftPart(UriPartial.Path));
        }
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>One call on one node after another, until an answer is not worth another node: at most once on each, all inside one budget.</summary>
internal sealed class Attempts(ElasticsearchOptions options, NodeList nodes, SignedCalls calls, GatewayMetrics metrics, FailureLog log, TimeProvider time)
{
    /// <summary>How many attempts wait for a connection: of each node those beyond as many as it may have.</summary>
    private int _waiting;

    /// <summary>A node has failed, and the list of them may be out of date.</summary>
    public event Action? NodeFailed;

    /// <summary>The last answer that says something of the cluster, the node that it came from, and whether that is a server that does not name its product.</summary>
    public async Task<(NodeAnswer Answer, Node Node, bool IsOldServer)> RunAsync(
        OperationSpan span, ElasticsearchCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        var budget = new Budget(time, options.TotalTimeout);
        List<Node> tried = [];
        NodeAnswer answer = default;
        NodeAnswer next = default;
        Node? node = null;
        bool isOldServer = false;
        while (tried.Count <= (options.MaxRetries ?? int.MaxValue) && nodes.Next(tried) is { } use)
        {
            if (budget.IsSpent && tried.Count > 0)
            {
                use.Abandoned();
                break;
            }

            if (tried.Count > 0)
            {
                PassOver(span, tried[^1], next);
            }

            tried.Add(use.Node);
            next = await SendAsync(span, use, call, authorization, budget.ForAttempt(options.AttemptTimeout), cancellation);
            if (answer.Result != NodeResult.TooSlow || next.Result != NodeResult.Unreachable)
            {
                // Else there is a node that can be reached, and was too slow.
                (answer, node) = (next, use.Node);
            }

            if (AnswerRules.IsWorthAnotherNode(answer))
            {
                continue;
            }

            isOldServer = use.Node.IsOldServer;
            if (AnswerRules.NamesNoProduct(answer) && !isOldServer)
            {
                NodeAnswer info = call == Info.Call
                    ? answer
                    : await SendAsync(span, use, Info.Call, authorization, budget.ForAttempt(options.AttemptTimeout), cancellation);
                isOldServer = AnswerRules.IsOldServer(info);
                use.Node.Learned(isOldServer);
            }

            break;
        }

        return (answer, node!, isOldServer);
    }

    private void PassOver(OperationSpan span, Node node, in NodeAnswer answer)
    {
        _ = AnswerRules.Judge(answer, isOldServer: false, out string reason);
        string cause = AnswerRules.ReasonOf(answer);
        span.PassedOver(node.Address.Authority, cause);
        log.PassedOver(node.Address.Authority, cause, reason);
    }

    private async Task<NodeAnswer> SendAsync(
        OperationSpan span, NodeUse use, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        bool judged = false;
        // For one of the node's connections, which is our affair and not the node's.
        bool waits = use.Node.BeginAttempt() > options.MaxConnectionsPerNode;
        try
        {
            if (waits && Interlocked.Increment(ref _waiting) > options.MaxWaiting)
            {
                return new NodeAnswer(NodeResult.NotSent, Reason: "the limit MaxWaiting is reached");
            }

            Uri uri = use.Node.UriOf(call.Target);
            span.Attempt(uri);
            NodeAnswer answer = await calls.SendAsync(uri, call, authorization, timeout, cancellation);
            judged = true;
            string? status = answer.Status > 0 ? answer.Status.ToString(CultureInfo.InvariantCulture) : null;
            metrics.NodeAsked(uri, status, AnswerRules.ReasonOf(answer));
            Conclude(use, answer, timeout, waits);
            return answer;
        }
        finally
        {
            if (use.Node.EndAttempt() >= options.MaxConnectionsPerNode)
            {
                // Of those that waited, one does not any more: this one, or another that has its connection now.
                Interlocked.Decrement(ref _waiting);
            }

            if (!judged)
            {
                // It was not sent, the caller left, or the gateway failed; none says anything of the node, but another request may try it.
                use.Abandoned();
            }
        }
    }

    private void Conclude(in NodeUse use, in NodeAnswer answer, TimeSpan timeout, bool waited)
    {
        if (!AnswerRules.IsWorthAnotherNode(answer))
        {
            use.Worked();
        }
        else if (answer is { Result: NodeResult.TooSlow } && (waited || (timeout < options.AttemptTimeout / 2 && timeout < options.TotalTimeout / 2)))
        {
            // Other nodes or other requests had used up the time; what this one would have done with its own, nobody knows.
            use.Abandoned();
        }
        else
        {
            nodes.Failed(use);
            NodeFailed?.Invoke();
        }
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>One call on one node after another, until an answer is not worth another node: at most once on each, all inside one budget.</summary>
internal sealed class Attempts(ElasticsearchOptions options, NodeList nodes, SignedCalls calls, GatewayMetrics metrics, FailureLog log, TimeProvider time)
{
    private readonly Places _places = new(options);

    /// <summary>A node has failed, and the list of them may be out of date.</summary>
    public event Action? NodeFailed;

    /// <summary>The last answer that says something of the cluster, the node that it came from, and whether that is a server that does not name its product.</summary>
    public async Task<(NodeAnswer Answer, Node Node, bool IsOldServer)> RunAsync(
        OperationSpan span, ElasticsearchCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        var budget = new Budget(time, options.TotalTimeout);
        List<Node> tried = [];
        int sent = 0;
        NodeAnswer answer = default;
        Node? node = null;
        (NodeAnswer Answer, bool IsOldServer) next = default;
        // Where there is no place with a node, another may have one; none is woken for that.
        while (sent <= (options.MaxRetries ?? int.MaxValue) && nodes.Next(tried, mayRest: next.Answer.Result != NodeResult.NotSent) is { } use)
        {
            if (budget.IsSpent && sent > 0)
            {
                use.Abandoned();
                break;
            }

            if (AnswerRules.IsWorthAnotherNode(next.Answer))
            {
                PassOver(span, tried[^1], next.Answer);
            }

            tried.Add(use.Node);
            next = await AskAsync(span, use, call, authorization, budget, cancellation);
            bool isSent = next.Answer.Result != NodeResult.NotSent;
            // A node that can be reached, and was too slow, says more than one that cannot; and any that was asked more than one that was not.
            bool saysLess = isSent ? answer.Result == NodeResult.TooSlow && next.Answer.Result == NodeResult.Unreachable : sent > 0;
            (answer, node) = saysLess ? (answer, node) : (next.Answer, use.Node);
            sent += isSent ? 1 : 0;
            if (isSent && !AnswerRules.IsWorthAnotherNode(next.Answer))
            {
                break;
            }
        }

        return (answer, node!, next.IsOldServer);
    }

    /// <summary>Sends the call to the node, and asks who it is where its answer does not say so.</summary>
    private async Task<(NodeAnswer Answer, bool IsOldServer)> AskAsync(
        OperationSpan span, NodeUse use, ElasticsearchCall call, AuthenticationHeaderValue? authorization, Budget budget, CancellationToken cancellation)
    {
        if (!_places.TryEnter(use.Node, out bool waits))
        {
            use.Abandoned();
            return (new NodeAnswer(NodeResult.NotSent, Reason: "the limit MaxWaiting is reached"), false);
        }

        try
        {
            NodeAnswer answer = await SendAsync(span, use, call, authorization, budget, waits, cancellation);
            if (!AnswerRules.NamesNoProduct(answer) || use.Node.IsOldServer)
            {
                return (answer, use.Node.IsOldServer);
            }

            NodeAnswer info = call == Info.Call ? answer : await SendAsync(span, use, Info.Call, authorization, budget, waits, cancellation);
            if (AnswerRules.IsWorthAnotherNode(info))
            {
                return (info, false);
            }

            bool isOldServer = AnswerRules.IsOldServer(info);
            use.Node.Learned(isOldServer);
            return (answer, isOldServer);
        }
        finally
        {
            _places.Leave(use.Node);
        }
    }

    private void PassOver(OperationSpan span, Node node, in NodeAnswer answer)
    {
        _ = AnswerRules.Judge(answer, isOldServer: false, out string reason);
        string cause = AnswerRules.ReasonOf(answer);
        span.PassedOver(node.Address.Authority, cause);
        log.PassedOver(node.Address.Authority, cause, reason);
    }

    /// <param name="span">The operation's.</param>
    /// <param name="use">The node.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="authorization">The gateway's credentials.</param>
    /// <param name="budget">What is left of the call's time.</param>
    /// <param name="waits">For one of the node's connections, which is our affair and not the node's.</param>
    /// <param name="cancellation">The caller leaves.</param>
    private async Task<NodeAnswer> SendAsync(
        OperationSpan span, NodeUse use, ElasticsearchCall call, AuthenticationHeaderValue? authorization, Budget budget, bool waits, CancellationToken cancellation)
    {
        bool judged = false;
        try
        {
            TimeSpan timeout = budget.ForAttempt(options.AttemptTimeout);
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
            if (!judged)
            {
                // The caller left, or the gateway failed; neither says anything of the node, but another request may try it.
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

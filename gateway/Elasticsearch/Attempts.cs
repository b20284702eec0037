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
        if (!TryTake(tried, out NodeUse use, out bool waits))
        {
            return (new NodeAnswer(NodeResult.NotSent, Reason: "the limit MaxWaiting is reached"), tried[0], false);
        }

        NodeAnswer answer = default;
        Node node = use.Node;
        for (int retries = 0; ; retries++)
        {
            (NodeAnswer next, bool isOldServer) = await AskAsync(span, use, waits, call, authorization, budget, cancellation);
            if (!AnswerRules.IsWorthAnotherNode(next))
            {
                return (next, use.Node, isOldServer);
            }

            Node failed = use.Node;
            if (answer.Result != NodeResult.TooSlow || next.Result != NodeResult.Unreachable)
            {
                // Else there is a node that can be reached, and was too slow.
                (answer, node) = (next, failed);
            }

            if (retries == options.MaxRetries || budget.IsSpent || !TryTake(tried, out use, out waits))
            {
                return (answer, node, false);
            }

            PassOver(span, failed, next);
        }
    }

    /// <summary>
    /// Takes a place with the next node that was not tried and has one, which <see cref="AskAsync"/> gives back. Where the first has none, no other is woken
    /// from its rest: who may not wait is told so at once.
    /// </summary>
    private bool TryTake(List<Node> tried, out NodeUse use, out bool waits)
    {
        bool mayRest = true;
        while (nodes.Next(tried, mayRest) is { } next)
        {
            tried.Add(next.Node);
            if (_places.TryEnter(next.Node, out waits))
            {
                use = next;
                return true;
            }

            next.Abandoned();
            mayRest = false;
        }

        (use, waits) = (default, false);
        return false;
    }

    /// <summary>Sends the call to the node, asks who it is where its answer does not say so, and gives its place back.</summary>
    private async Task<(NodeAnswer Answer, bool IsOldServer)> AskAsync(
        OperationSpan span, NodeUse use, bool waits, ElasticsearchCall call, AuthenticationHeaderValue? authorization, Budget budget, CancellationToken cancellation)
    {
        try
        {
            NodeAnswer answer = await SendAsync(span, use, waits, call, authorization, budget, cancellation);
            if (!AnswerRules.NamesNoProduct(answer) || use.Node.IsOldServer)
            {
                return (answer, use.Node.IsOldServer);
            }

            NodeAnswer info = call == Info.Call ? answer : await SendAsync(span, use, waits, Info.Call, authorization, budget, cancellation);
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
    /// <param name="waits">For one of the node's connections, which is our affair and not the node's.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="authorization">The gateway's credentials.</param>
    /// <param name="budget">What is left of the call's time.</param>
    /// <param name="cancellation">The caller leaves.</param>
    private async Task<NodeAnswer> SendAsync(
        OperationSpan span, NodeUse use, bool waits, ElasticsearchCall call, AuthenticationHeaderValue? authorization, Budget budget, CancellationToken cancellation)
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

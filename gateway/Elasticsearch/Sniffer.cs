using System.Net.Http.Headers;

namespace Gateway.Elasticsearch;

/// <summary>Asks the cluster which nodes it has, and lets the list follow. When, is <see cref="SniffingService"/>'s affair.</summary>
internal sealed class Sniffer(ElasticsearchOptions options, NodeList nodes, SignedCalls calls, Credentials credentials, TimeProvider time)
{
    private volatile TaskCompletionSource _failure = NewSignal();

    /// <summary>Completes when a node has failed since the last sniffing began.</summary>
    public Task Failure => _failure.Task;

    /// <summary>A node failed: the list may be out of date. Costs next to nothing, and nobody waits for what comes of it.</summary>
    public void NodeFailed() => _failure.TrySetResult();

    /// <summary>
    /// Asks one node after another until one gives an answer that can be used, each for an attempt's time, all together for the total
    /// one. What comes of it is no verdict on a node, for it may be refused where reads are not.
    /// </summary>
    public async Task<(bool Changed, string? Problem)> SniffAsync(CancellationToken stopping)
    {
        _failure = NewSignal();
        if (!credentials.TryGet(out AuthenticationHeaderValue? authorization, out string? problem))
        {
            return (false, problem);
        }

        var budget = new Budget(time, options.TotalTimeout);
        foreach (Node node in nodes.ByHope)
        {
            if (budget.IsSpent)
            {
                break;
            }

            TimeSpan limit = budget.ForAttempt(options.AttemptTimeout);
            NodeAnswer answer = await calls.SendAsync(new Uri(node.Address, SniffedNodes.Call.Target), SniffedNodes.Call, authorization, limit, stopping);
            if (AnswerRules.Judge(answer, isOldServer: false, out string reason) is null)
            {
                if (SniffedNodes.In(answer.Body, node.Address) is { Count: > 0 } named)
                {
                    return (nodes.Replace(named), null);
                }

                reason = "its answer names no node that can serve";
            }

            problem = $"{node.Address.Authority}: {reason}";
        }

        return (false, problem);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

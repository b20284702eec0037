using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>
/// Single flight: requests that want the same call while it is in flight share it. Nothing is stored: a call that has landed is
/// forgotten, and the next request sends its own.
/// </summary>
internal sealed class SharedCalls(Func<ElasticsearchCall, CancellationToken, Task<ElasticsearchResult>> send, GatewayMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ElasticsearchCall, SharedCall> _inFlight = new(ElasticsearchCall.SameRequest);

    /// <summary>The answer of the call that is in flight, or of a new one. A caller that leaves takes it from the others only as the last one.</summary>
    public async Task<ElasticsearchResult> GetAsync(ElasticsearchCall call, RequestTrace? trace, CancellationToken cancellation)
    {
        SharedCall shared = Join(call, out bool isFirst);
        if (isFirst)
        {
            // Not awaited, for its first caller may leave before the others: its end is the shared answer's.
            _ = SendAsync(shared);
        }
        else
        {
            metrics.CallShared();
            trace?.SharesCall();
        }

        try
        {
            ElasticsearchResult result = await shared.Answer.Task.WaitAsync(cancellation);
            if (!isFirst)
            {
                trace?.LinkTo(result.Span);
            }

            return result;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Leave(shared);
            throw;
        }
    }

    private SharedCall Join(ElasticsearchCall call, out bool isFirst)
    {
        lock (_lock)
        {
            isFirst = !_inFlight.TryGetValue(call, out SharedCall? shared);
            shared ??= _inFlight[call] = new SharedCall(call);
            shared.Callers++;
            return shared;
        }
    }

    private async Task SendAsync(SharedCall shared)
    {
        Task<ElasticsearchResult> sent = send(shared.Call, shared.Cancellation.Token);
        await ((Task)sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            Forget(shared);
        }

        shared.Answer.SetFromTask(sent);
    }

    private void Leave(SharedCall shared)
    {
        lock (_lock)
        {
            if (--shared.Callers > 0)
            {
                return;
            }

            // Who comes now sends a call of its own.
            Forget(shared);
        }

        shared.Cancellation.Cancel();
    }

    private void Forget(SharedCall shared)
    {
        if (_inFlight.TryGetValue(shared.Call, out SharedCall? current) && current == shared)
        {
            _inFlight.Remove(shared.Call);
        }
    }

    private sealed class SharedCall(ElasticsearchCall call)
    {
        public ElasticsearchCall Call { get; } = call;

        public int Callers { get; set; }

        public TaskCompletionSource<ElasticsearchResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Never disposed: the last caller may leave in the moment in which the call ends, and without a timer there is nothing to free.</summary>
        public CancellationTokenSource Cancellation { get; } = new();
    }
}

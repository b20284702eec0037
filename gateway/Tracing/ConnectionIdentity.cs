using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>Who a connection is: its id, its setup span, and how many requests it has carried.</summary>
internal sealed class ConnectionIdentity(string id, Activity? setupSpan, string serverAddress, SpanPipeline pipeline)
{
    private readonly long _opened = Stopwatch.GetTimestamp();
    private long _uses;
    private Activity? _heldSetup = setupSpan;

    /// <summary>Writes the identity on the setup span, which is running still.</summary>
    public void Describe(string peer)
    {
        if (_heldSetup is { IsAllDataRequested: true } setup)
        {
            setup.SetTag(Names.ConnectionId, id);
            setup.SetTag(Names.ConnectionPeer, peer);
            setup.SetTag(Names.ServerAddress, serverAddress);
            setup.DisplayName = $"HTTP connection_setup {serverAddress}:{setup.GetTagItem(Names.ServerPort)}";
        }
    }

    /// <summary>The request now rides on this connection; called once for each attempt, before its first byte is sent.</summary>
    public void Carry(Activity request)
    {
        long use = Interlocked.Increment(ref _uses);
        if (!request.IsAllDataRequested)
        {
            return;
        }

        // Where an earlier connection turned out to be stale its values are overwritten: the span tells of the one that counts.
        int attempts = request.GetTagItem(Names.ConnectionAttempts) is int earlier ? earlier + 1 : 1;
        request.SetTag(Names.ConnectionId, id);
        request.SetTag(Names.ConnectionUse, use);
        request.SetTag(Names.ConnectionReused, use > 1);
        request.SetTag(Names.ConnectionAge, Stopwatch.GetElapsedTime(_opened).TotalSeconds);
        request.SetTag(Names.ConnectionAttempts, attempts);
        request.SetTag(Names.ServerAddress, serverAddress);
        if (request.Recorded && Interlocked.Exchange(ref _heldSetup, null) is { } setup)
        {
            pipeline.Release(setup);
        }
    }
}

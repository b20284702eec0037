using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>Who a connection is: its id, its setup span, and how many requests it has carried.</summary>
internal sealed class ConnectionIdentity(string id, string peer, Activity? setupSpan, string serverAddress, SpanPipeline pipeline, GatewayMetrics metrics)
{
    private readonly long _opened = Stopwatch.GetTimestamp();
    private long _uses;
    private Activity? _heldSetup = setupSpan;

    /// <summary>Whether it may be an HTTP/2 connection, of which one loop writes for all requests.</summary>
    public required bool IsHttp2 { get; init; }

    /// <summary>Whether what it carries was sent before, on a connection that turned out to be stale.</summary>
    public bool AreResends { get; init; }

    /// <summary>The name of its pool, where it leads to a database.</summary>
    public string? DatabasePool { get; init; }

    /// <summary>Counts the connection, and writes its identity on the setup span, which is running still.</summary>
    public void Opened()
    {
        metrics.ConnectionOpened(peer);
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
        metrics.ConnectionUsed(peer, use > 1);
        if (DatabasePool is not null)
        {
            metrics.WaitedForConnection(DatabasePool, request.StartTimeUtc);
        }

        if (!request.IsAllDataRequested)
        {
            return;
        }

        if (request.GetTagItem(Names.ConnectionAttempts) is int attempts)
        {
            // An earlier connection turned out to be stale: the span tells of the one that counts.
            Describe(request, use, attempts + 1, static (span, name, value) => span.SetTag(name, value));
        }
        else
        {
            // On the hot path nothing is looked for that cannot be there yet.
            Describe(request, use, AreResends ? 2 : 1, static (span, name, value) => span.AddTag(name, value));
            if (AreResends)
            {
                request.AddTag(Names.HttpRequestResendCount, 1);
            }
        }

        request.SetTag(Names.ServerAddress, serverAddress);
        if (request.Recorded)
        {
            ReleaseSetup();
        }
    }

    public void Closed() => metrics.ConnectionClosed(peer);

    /// <summary>Exports the setup span, once: a sampled request links to it.</summary>
    public void ReleaseSetup()
    {
        if (_heldSetup is not null && Interlocked.Exchange(ref _heldSetup, null) is { } setup)
        {
            pipeline.Release(setup);
        }
    }

    private void Describe(Activity request, long use, int attempts, Action<Activity, string, object> set)
    {
        set(request, Names.ConnectionId, id);
        set(request, Names.ConnectionUse, use);
        set(request, Names.ConnectionReused, use > 1);
        set(request, Names.ConnectionAge, Stopwatch.GetElapsedTime(_opened).TotalSeconds);
        set(request, Names.ConnectionAttempts, attempts);
    }
}

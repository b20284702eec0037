using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>
/// The connections by the setup span that requests link to: all that are open, and the last few that were closed, since a request's
/// span may end a moment after its connection.
/// </summary>
internal sealed class ConnectionRegistry
{
    private const int ClosedKept = 256;

    private readonly ConcurrentDictionary<ActivitySpanId, ConnectionIdentity> _connections = new();
    private readonly ConcurrentQueue<ActivitySpanId> _closed = new();
    private int _open;

    /// <summary>How many are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many are known now: never more than those open and the last 256 closed.</summary>
    public int Known => _connections.Count;

    public void Opened(ActivitySpanId setup, ConnectionIdentity connection)
    {
        Interlocked.Increment(ref _open);
        _connections[setup] = connection;
    }

    public void Closed(ActivitySpanId setup)
    {
        Interlocked.Decrement(ref _open);
        _closed.Enqueue(setup);
        if (_closed.Count > ClosedKept && _closed.TryDequeue(out ActivitySpanId oldest))
        {
            _connections.TryRemove(oldest, out _);
        }
    }

    /// <summary>The connection of the request's last link: the one that it is on now; null where it has none.</summary>
    public ConnectionIdentity? Current(Activity request)
    {
        ActivitySpanId setup = default;
        foreach (ref readonly ActivityLink link in request.EnumerateLinks())
        {
            setup = link.Context.SpanId;
        }

        return _connections.GetValueOrDefault(setup);
    }

    /// <summary>
    /// Exports what the request links to and was not written to: .NET adds the link before it writes, and a request may be
    /// cancelled in between.
    /// </summary>
    public void ReleaseTargets(Activity request)
    {
        foreach (ref readonly ActivityLink link in request.EnumerateLinks())
        {
            _connections.GetValueOrDefault(link.Context.SpanId)?.ReleaseSetup();
        }
    }
}

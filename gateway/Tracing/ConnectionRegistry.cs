using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>
/// The connections by the setup span that requests link to: all that are open, and for some seconds the last few that were closed,
/// since a request's span may end a moment after its connection.
/// </summary>
internal sealed class ConnectionRegistry : IDisposable
{
    private const int ClosedKept = 256;
    private static readonly TimeSpan _keptFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _sweepEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ActivitySpanId, ConnectionIdentity> _connections = new();
    private readonly ConcurrentQueue<(ActivitySpanId Setup, long At)> _closed = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _open;

    public ConnectionRegistry(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static registry => ((ConnectionRegistry)registry!).ForgetClosed(), this, _sweepEvery, _sweepEvery);
    }

    /// <summary>How many are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many are known now: those open, at most 256 more, and none more once the last was closed some seconds ago.</summary>
    public int Known => _connections.Count;

    public void Opened(ActivitySpanId setup, ConnectionIdentity connection)
    {
        Interlocked.Increment(ref _open);
        _connections[setup] = connection;
    }

    public void Closed(ActivitySpanId setup)
    {
        Interlocked.Decrement(ref _open);
        _closed.Enqueue((setup, _time.GetTimestamp()));
        if (_closed.Count > ClosedKept)
        {
            Forget();
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

    public void Dispose() => _timer.Dispose();

    private void ForgetClosed()
    {
        while (_closed.TryPeek(out (ActivitySpanId Setup, long At) oldest) && _time.GetElapsedTime(oldest.At) >= _keptFor)
        {
            Forget();
        }
    }

    private void Forget()
    {
        if (_closed.TryDequeue(out (ActivitySpanId Setup, long At) oldest))
        {
            _connections.TryRemove(oldest.Setup, out _);
        }
    }
}

using System.Collections.Concurrent;

namespace Gateway.Connections;

/// <summary>
/// A token that is cancelled at a time, taken from a pool, as each exchange needs one and hardly any is cancelled. The time may be moved as often as
/// one likes: the timer is left alone, and looks when it comes whether the time has been moved on.
/// </summary>
internal sealed class Countdown : IDisposable
{
    /// <summary>A time that does not come.</summary>
    public const long Never = long.MaxValue;

    private const int Kept = 1024;

    private static readonly ConcurrentQueue<Countdown> _pool = new();

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _source = new();
    private readonly Timer _timer;
    private long _end = Never;
    private long _wakes = Never;
    private bool _isOver;

    private Countdown()
    {
        // The timer outlives the request that it is made in, and is not to keep what belongs to that.
        using AsyncFlowControl apart = ExecutionContext.SuppressFlow();
        _timer = new Timer(static countdown => ((Countdown)countdown!).Wake(), this, Timeout.Infinite, Timeout.Infinite);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The time that is so long from now, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public static long In(TimeSpan? time) => time is { } wait ? Environment.TickCount64 + (long)Math.Ceiling(wait.TotalMilliseconds) : Never;

    public static Countdown Rent(long end)
    {
        Countdown countdown = _pool.TryDequeue(out Countdown? kept) ? kept : new Countdown();
        countdown.RunTo(end);
        return countdown;
    }

    /// <summary>Gives it back; nobody may use it after this.</summary>
    public void Dispose()
    {
        if (Stop() && _pool.Count < Kept)
        {
            _pool.Enqueue(this);
        }
        else
        {
            // Not the source: what cancels it may just be about to.
            _timer.Dispose();
        }
    }

    public void Cancel() => _source.Cancel();

    public void RunTo(long end)
    {
        lock (_lock)
        {
            _end = end;
            if (end < _wakes)
            {
                WakeAt(end);
            }
        }
    }

    /// <summary>Whether it can be used again: not where it was cancelled, or is about to be.</summary>
    private bool Stop()
    {
        lock (_lock)
        {
            _end = Never;
            return !_isOver && _source.TryReset();
        }
    }

    private void Wake()
    {
        lock (_lock)
        {
            _wakes = Never;
            if (_end == Never)
            {
                return;
            }

            if (_end > Environment.TickCount64)
            {
                WakeAt(_end);
                return;
            }

            _isOver = true;
        }

        _source.Cancel();
    }

    private void WakeAt(long end)
    {
        _wakes = end;
        // A timer knows no time beyond some weeks: it comes before, and looks.
        _timer.Change(Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue), Timeout.Infinite);
    }
}

namespace Gateway.Connections;

/// <summary>The time that a server has for the step it is at, and for the whole exchange: until the answer has ended, and so has a body that is still being sent then.</summary>
internal sealed class TimeLimit : IDisposable
{
    private const int Answer = 1;
    private const int Body = 2;

    private readonly CancellationToken _caller;
    private readonly CancellationTokenRegistration _left;
    private readonly long _end;
    private Countdown? _countdown;
    private int _open = Answer;

    /// <param name="total">What the whole exchange may take; null for as long as it likes.</param>
    /// <param name="caller">Ends the exchange too.</param>
    public TimeLimit(TimeSpan? total, CancellationToken caller)
    {
        _caller = caller;
        _end = Countdown.In(total);
        _countdown = Countdown.Rent(_end);
        _left = caller.UnsafeRegister(static countdown => ((Countdown)countdown!).Cancel(), _countdown);
    }

    /// <summary>Cancelled when the time is over or the caller leaves, and once the exchange has ended.</summary>
    public CancellationToken Token => _countdown?.Token ?? new CancellationToken(canceled: true);

    /// <summary>True where the time is over, and not because the caller left.</summary>
    public bool IsPassed => _countdown is { Token.IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    /// <summary>From now on the server has this long; null for as long as it likes.</summary>
    public void Arm(TimeSpan? time) => _countdown?.RunTo(Math.Min(Countdown.In(time), _end));

    public void Disarm() => _countdown?.RunTo(_end);

    /// <summary>The server may answer, and end its answer, before it has the whole body.</summary>
    public void BodyBegins() => Interlocked.Or(ref _open, Body);

    public void BodyEnds() => End(Body);

    /// <summary>The answer has ended, or there will be none.</summary>
    public void Dispose() => End(Answer);

    private void End(int part)
    {
        if ((Interlocked.And(ref _open, ~part) & ~part) == 0)
        {
            // Waits where the caller is leaving just now: after this nobody cancels the token any more.
            _left.Dispose();
            Interlocked.Exchange(ref _countdown, null)?.Dispose();
        }
    }
}

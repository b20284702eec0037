namespace Gateway.Connections;

/// <summary>The time that a server has for the step it is at, and for the whole exchange.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenRegistration _left;
    private readonly long _end;
    private Countdown? _countdown;

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

    public void Dispose()
    {
        // Waits where the caller is leaving just now: after this nobody cancels the token any more.
        _left.Dispose();
        Interlocked.Exchange(ref _countdown, null)?.Dispose();
    }
}

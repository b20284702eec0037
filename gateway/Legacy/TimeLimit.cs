namespace Gateway.Legacy;

/// <summary>The time that the app has for the step it is at, and for the whole exchange.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _total;
    private readonly CancellationTokenSource _step;

    public TimeLimit(TimeSpan? total, CancellationToken caller)
    {
        _caller = caller;
        _total = total is { } whole ? new CancellationTokenSource(whole) : null;
        _step = CancellationTokenSource.CreateLinkedTokenSource(caller, _total?.Token ?? CancellationToken.None);
    }

    public CancellationToken Token => _step.Token;

    /// <summary>True where the time is over, and not because the caller left.</summary>
    public bool IsPassed => _step.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>From now on the app has this long; null for as long as it likes.</summary>
    public void Arm(TimeSpan? time) => _step.CancelAfter(time ?? Timeout.InfiniteTimeSpan);

    public void Disarm() => _step.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _step.Dispose();
        _total?.Dispose();
    }
}

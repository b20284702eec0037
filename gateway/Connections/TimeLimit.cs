namespace Gateway.Connections;

/// <summary>Where the bytes of an exchange go. Both may be on their way at the same time.</summary>
internal enum Direction
{
    ToServer,
    FromServer,
}

/// <summary>
/// The time that a server has for the step that an exchange is at in each direction, and for the whole of it: until the answer has ended, and so has a body
/// that is still being sent then.
/// </summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationToken _caller;
    private readonly CancellationTokenRegistration _left;
    private readonly long _end;
    private Countdown? _countdown;
    private Step _toServer = Step.None;
    private Step _fromServer = Step.None;
    private bool _isAnswered;
    private bool _hasBodyOpen;
    private bool _hasAnswerOpen = true;

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

    /// <summary>True where the time of the whole exchange is over, whatever its steps have.</summary>
    public bool IsTotalPassed => IsPassed && _end <= Environment.TickCount64;

    /// <summary>From now on the server has this long to begin its answer, where it has not begun yet.</summary>
    public void AwaitAnswer(TimeSpan time)
    {
        lock (_lock)
        {
            Go(_toServer, _isAnswered ? _fromServer : Step.Of(time));
        }
    }

    /// <summary>The answer has begun.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            _isAnswered = true;
            Go(_toServer, Step.None);
        }
    }

    /// <summary>A step in this direction has begun, for which the server has this long; null for as long as it likes.</summary>
    public void Arm(Direction direction, TimeSpan? time)
    {
        lock (_lock)
        {
            Go(direction == Direction.ToServer ? Step.Of(time) : _toServer, direction == Direction.FromServer ? Step.Of(time) : _fromServer);
        }
    }

    /// <summary>The step has ended. A server that gets on in one direction is not silent: a step in the other has its whole time again.</summary>
    public void Disarm(Direction direction)
    {
        lock (_lock)
        {
            Go(direction == Direction.ToServer ? Step.None : _toServer.Again(), direction == Direction.FromServer ? Step.None : _fromServer.Again());
        }
    }

    /// <summary>The server takes the body from here on: what its client needs for it is not the server's time. It may answer, and end its answer, before it has all.</summary>
    public void BodyBegins()
    {
        lock (_lock)
        {
            _hasBodyOpen = true;
            Go(_toServer, _isAnswered ? _fromServer : Step.None);
        }
    }

    public void BodyEnds() => Close(ref _hasBodyOpen);

    /// <summary>The answer has ended, or there will be none.</summary>
    public void Dispose() => Close(ref _hasAnswerOpen);

    private void Go(Step toServer, Step fromServer)
    {
        (_toServer, _fromServer) = (toServer, fromServer);
        _countdown?.RunTo(Math.Min(_end, Math.Min(toServer.End, fromServer.End)));
    }

    private void Close(ref bool part)
    {
        Countdown? countdown;
        lock (_lock)
        {
            part = false;
            if (_hasBodyOpen || _hasAnswerOpen)
            {
                return;
            }

            (countdown, _countdown) = (_countdown, null);
        }

        // Waits where the caller is leaving just now: after this nobody cancels the token any more.
        _left.Dispose();
        countdown?.Dispose();
    }

    private readonly record struct Step(TimeSpan? Time, long End)
    {
        public static Step None { get; } = Of(null);

        public static Step Of(TimeSpan? time) => new(time, Countdown.In(time));

        public Step Again() => Of(Time);
    }
}

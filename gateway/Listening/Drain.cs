using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Listening;

/// <summary>
/// Keeps serving for a while after the host was told to stop. The host calls <see cref="StoppingAsync"/> of every service before it
/// stops any, Kestrel included, so a delay here is a delay in which everything still works but readiness is off. Then Kestrel lets the
/// requests in flight end, until the host's patience is over; what it cuts then is counted here.
/// </summary>
internal sealed partial class Drain(DrainingOptions options, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _draining;
    private CancellationToken _deadline;
    private int _inFlight;
    private int _requestsCut;
    private int _webSocketsCut;

    /// <summary>True from SIGTERM on.</summary>
    public bool IsDraining => _draining;

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave(HttpContext context)
    {
        Interlocked.Decrement(ref _inFlight);
        // Not asked of the request: its end may come before its connection has told it that it was cut.
        if (_draining && _deadline.IsCancellationRequested)
        {
            _ = IsWebSocket(context) ? Interlocked.Increment(ref _webSocketsCut) : Interlocked.Increment(ref _requestsCut);
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _deadline = cancellationToken;
        _draining = true;
        Log.Draining(logger, options.Wait, options.Deadline);
        await Task.Delay(options.Wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        // Those that have not noticed yet that they were cut are counted as what they most likely are.
        int requests = Volatile.Read(ref _requestsCut) + Volatile.Read(ref _inFlight);
        int webSockets = Volatile.Read(ref _webSocketsCut);
        if (requests + webSockets > 0)
        {
            Log.Cut(logger, requests, webSockets);
        }
        else
        {
            Log.Drained(logger);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsWebSocket(HttpContext context) =>
        context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Information,
            Message = "Draining: readiness is off, requests are served for {Wait} more, those in flight then have {Deadline} to end. A second signal ends them at once.")]
        public static partial void Draining(ILogger logger, TimeSpan wait, TimeSpan deadline);

        [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Drained: every request has ended.")]
        public static partial void Drained(ILogger logger);

        [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "Drained, with what did not end in time cut: {Requests} requests and {WebSockets} WebSockets.")]
        public static partial void Cut(ILogger logger, int requests, int webSockets);
    }
}

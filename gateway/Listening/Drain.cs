namespace Gateway.Listening;

/// <summary>
/// Keeps serving for a while after the host was told to stop. The host calls <see cref="StoppingAsync"/> of every service before it
/// stops any, Kestrel included, so a delay here is a delay in which everything still works but readiness is off.
/// </summary>
internal sealed partial class Drain(DrainingOptions options, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _draining;

    /// <summary>True from SIGTERM on.</summary>
    public bool IsDraining => _draining;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        Log.Draining(logger, options.Wait, options.Deadline);
        await Task.Delay(options.Wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Information,
            Message = "Draining: readiness is off, requests are served for {Wait} more, those in flight then have {Deadline} to end.")]
        public static partial void Draining(ILogger logger, TimeSpan wait, TimeSpan deadline);
    }
}

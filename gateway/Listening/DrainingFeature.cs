using Gateway.Configuration;
using Gateway.Connections;

namespace Gateway.Listening;

/// <summary>The way out on SIGTERM.</summary>
internal static class DrainingFeature
{
    public static void AddDraining(this WebApplicationBuilder builder)
    {
        DrainingOptions draining = builder.AddSettings<DrainingOptions>(DrainingOptions.Section);
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Drain>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = draining.Wait + draining.Deadline);
    }

    /// <summary>Asks clients to come back on another connection once the process is on its way out.</summary>
    public static void UseDraining(this WebApplication app)
    {
        Drain drain = app.Services.GetRequiredService<Drain>();
        app.Use((context, next) =>
        {
            drain.Enter();
            if (drain.IsDraining && context.Request.IsHttp1())
            {
                context.Response.OnStarting(static state => CloseAfter((HttpResponse)state), context.Response);
            }

            Task serving = next(context);
            if (!serving.IsCompletedSuccessfully)
            {
                return LeaveAfterAsync(serving, drain, context);
            }

            drain.Leave(context);
            return serving;
        });
    }

    /// <summary>
    /// Runs until a signal has stopped it and what was in flight has ended, or was cut: at the deadline, or by a second signal. Throws what a service
    /// has failed with.
    /// </summary>
    public static async Task RunUntilDrainedAsync(this WebApplication app)
    {
        using var signals = new Signals();
        try
        {
            await app.StartAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, app.Lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped before it listened.
        }
        catch (Exception failed) when (Listeners.WhyNotStarted(failed) is { } problem)
        {
            throw new ConfigurationException([problem]);
        }

        try
        {
            await app.StopAsync(signals.Second);
        }
        catch (OperationCanceledException)
        {
            // The host's word for a deadline that passed; Drain has said what that cut.
        }

        // Where a service has failed that runs beside the requests, the host stops without a signal, and says no word of it here.
        await Task.WhenAll(app.Services.GetServices<IHostedService>().OfType<BackgroundService>()
            .Select(static service => service.ExecuteTask).OfType<Task>().Where(static task => task.IsFaulted));
    }

    private static async Task LeaveAfterAsync(Task serving, Drain drain, HttpContext context)
    {
        try
        {
            await serving;
        }
        finally
        {
            drain.Leave(context);
        }
    }

    private static Task CloseAfter(HttpResponse response)
    {
        if (response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}

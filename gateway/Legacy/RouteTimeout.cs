using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Model;

namespace Gateway.Legacy;

/// <summary>
/// A route's <c>Timeout</c>, in YARP's terms. ASP.NET Core's middleware, which YARP leaves it to, ends the request's token as if the client had
/// left. Here it is kept which of the two it was: once YARP has seen it, it aborts the client's connection, and then both are true.
/// </summary>
internal sealed class RouteTimeout(CancellationToken client)
{
    private volatile bool _isPassed;

    public static void UseOn(WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is { Config.Timeout: not null })
            {
                context.Features.Set(new RouteTimeout(context.RequestAborted));
            }

            return next(context);
        });
        app.UseRequestTimeouts();
        app.Use(static (context, next) => context.Features.Get<RouteTimeout>() is { } timeout ? timeout.WatchAsync(context, next) : next(context));
    }

    /// <summary>
    /// Ends the time, whether it was over or not, which is what comes back: what is answered now is our own, and the request's token is the
    /// client's again.
    /// </summary>
    public static bool End(HttpContext context) => context.Features.Get<RouteTimeout>()?.EndOf(context) ?? false;

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        using var request = new CancellationTokenSource();
        using CancellationTokenRegistration ended = context.RequestAborted.UnsafeRegister(
            _ =>
            {
                _isPassed = !client.IsCancellationRequested;
                request.Cancel();
            },
            null);
        context.RequestAborted = request.Token;
        await next(context);
    }

    private bool EndOf(HttpContext context)
    {
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        context.RequestAborted = client;
        return _isPassed;
    }
}

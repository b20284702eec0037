using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Model;

namespace Gateway.Legacy;

/// <summary>
/// A route's <c>Timeout</c>, in YARP's terms. ASP.NET Core's middleware, which YARP leaves it to, ends the request's token as if the client had
/// left; the client's own token, which tells the two apart, is kept here.
/// </summary>
internal sealed class RouteTimeout(CancellationToken client)
{
    private readonly CancellationToken _client = client;

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
    }

    /// <summary>
    /// Ends the time, whether it was over or not, which is what comes back: what is answered now is our own, and the request's token is the
    /// client's again.
    /// </summary>
    public static bool End(HttpContext context)
    {
        if (context.Features.Get<RouteTimeout>() is not { _client: var client })
        {
            return false;
        }

        bool isPassed = context.RequestAborted.IsCancellationRequested && !client.IsCancellationRequested;
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        context.RequestAborted = client;
        return isPassed;
    }
}

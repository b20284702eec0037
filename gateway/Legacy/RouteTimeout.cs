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

    /// <summary>Whether the time is over. The client then waits for an answer, and the request's token is the client's again.</summary>
    public static bool IsPassed(HttpContext context)
    {
        if (!context.RequestAborted.IsCancellationRequested || context.Features.Get<RouteTimeout>() is not { _client.IsCancellationRequested: false } timeout)
        {
            return false;
        }

        context.RequestAborted = timeout._client;
        return true;
    }
}

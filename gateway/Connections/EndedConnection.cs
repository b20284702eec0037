using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Connections;

/// <summary>
/// Connections that carry no more requests. Where an HTTP/1.1 client leaves before its body was read to the end, Kestrel goes on to
/// read the next request where it stands: within that body, whose bytes a proxy before us never meant for a request.
/// </summary>
internal static class EndedConnection
{
    /// <summary>Has Kestrel read no request after this one. From HTTP/2 on, a connection outlives the requests that fail on it.</summary>
    public static void TakeNoMoreRequests(this HttpContext context)
    {
        if (context.Request.IsHttp1())
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>Whether the client was gone before the request that is about to begin: none was sent, what stands there is what is left of a body.</summary>
    public static bool IsLeftOver(IHttpRequestFeature request, IFeatureCollection features) =>
        Http1.Is(request.Protocol)
        && (features.Get<IHttpRequestLifetimeFeature>()?.RequestAborted.IsCancellationRequested == true
            || features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.IsCancellationRequested == true);
}

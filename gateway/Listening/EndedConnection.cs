using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Listening;

/// <summary>
/// Connections that carry no more requests. Where an HTTP/1.1 client leaves before its body was read to the end, Kestrel goes on to
/// read the next request where it stands: within that body, whose bytes a proxy before us never meant for a request.
/// </summary>
internal static class EndedConnection
{
    /// <summary>Has Kestrel read no request after this one. Not for HTTP/2, where a connection outlives the requests that fail on it.</summary>
    public static void TakeNoMoreRequests(this HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>Whether the client was gone before the request that is about to begin: none was sent, what stands there is what is left of a body.</summary>
    public static bool IsLeftOver(IFeatureCollection request) =>
        !HttpProtocol.IsHttp2(request.Get<IHttpRequestFeature>()?.Protocol ?? "")
        && (request.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.IsCancellationRequested == true
            || request.Get<IHttpRequestLifetimeFeature>()?.RequestAborted.IsCancellationRequested == true);
}

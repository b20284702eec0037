using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>
/// Takes the trace context of callers that are not trusted off their requests. Here, for ASP.NET Core reads it right after this and
/// before any middleware, in a propagator that never learns who the caller is.
/// </summary>
internal sealed class EdgeContextFactory(DefaultHttpContextFactory inner, TracingOptions options) : IHttpContextFactory
{
    /// <summary>W3C Trace Context, W3C Baggage, and the two fields of .NET before them.</summary>
    private static readonly string[] _fields = ["traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context"];

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        if (!IsTrusted(featureCollection.Get<IHttpConnectionFeature>()?.RemoteIpAddress)
            && featureCollection.Get<IHttpRequestFeature>() is { } request)
        {
            CallerTrace.Remember(request.Headers, featureCollection);
            foreach (string field in _fields)
            {
                request.Headers.Remove(field);
            }
        }

        return inner.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => inner.Dispose(httpContext);

    private bool IsTrusted(IPAddress? caller)
    {
        if (caller is null || options.TrustedCallers.Count == 0)
        {
            return false;
        }

        IPAddress address = caller.IsIPv4MappedToIPv6 ? caller.MapToIPv4() : caller;
        return options.TrustedCallers.Exists(network => network.Contains(address));
    }
}

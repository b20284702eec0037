using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>
/// Takes the trace context of callers that are not trusted off their requests, and everybody's baggage. Here, for ASP.NET Core reads it right after this and
/// before any middleware, in a propagator that never learns who the caller is.
/// </summary>
internal sealed class EdgeContextFactory(DefaultHttpContextFactory inner, TracingOptions options) : IHttpContextFactory
{
    /// <summary>W3C Trace Context, and .NET's own field before it.</summary>
    private static readonly string[] _traceFields = ["traceparent", "tracestate", "Request-Id"];

    /// <summary>W3C Baggage, and .NET's own field before it: it ends here whoever sent it.</summary>
    private static readonly string[] _baggageFields = ["baggage", "Correlation-Context"];

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        if (featureCollection.Get<IHttpRequestFeature>() is { } request)
        {
            Remove(_baggageFields, request.Headers);
            if (!(featureCollection.Get<IHttpConnectionFeature>()?.RemoteIpAddress).IsIn(options.TrustedCallers))
            {
                CallerTrace.Remember(request.Headers, featureCollection);
                Remove(_traceFields, request.Headers);
            }
        }

        return inner.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => inner.Dispose(httpContext);

    private static void Remove(string[] fields, IHeaderDictionary headers)
    {
        foreach (string field in fields)
        {
            headers.Remove(field);
        }
    }
}

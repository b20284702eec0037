using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>
/// The trace that a caller who is not trusted says it is in: not joined, but linked to, so that somebody who has both can go from one
/// to the other.
/// </summary>
internal sealed record CallerTrace(ActivityContext Context)
{
    /// <summary>W3C Trace Context §3.2: version, trace id, parent id, flags.</summary>
    private const int TraceParentLength = 55;

    /// <summary>Keeps the context of a well-formed <c>traceparent</c>; of one that is malformed, repeated or of another length nothing is kept.</summary>
    public static void Remember(IHeaderDictionary headers, IFeatureCollection features)
    {
        if (headers.TraceParent is [{ Length: TraceParentLength } text]
            && ActivityContext.TryParse(text, traceState: null, isRemote: true, out ActivityContext context))
        {
            features.Set(new CallerTrace(context));
        }
    }

    public static void Link(HttpContext context, Activity span)
    {
        if (context.Features.Get<CallerTrace>() is { } caller)
        {
            span.AddLink(new ActivityLink(caller.Context));
        }
    }
}

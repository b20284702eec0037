using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>Marks a request that is no user's: it is neither traced nor counted nor logged.</summary>
internal sealed class LeftOut
{
    public static void Mark(HttpContext context)
    {
        context.Features.Set(new LeftOut());
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        if (Activity.Current is { } activity)
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}

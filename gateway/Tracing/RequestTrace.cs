using System.Diagnostics;
using Gateway.Responding;

namespace Gateway.Tracing;

/// <summary>What becomes known of a request on its way, kept for its Server span.</summary>
internal sealed class RequestTrace(Activity? span, GatewayLoop loop, GatewayMetrics metrics)
{
    /// <summary>Null where the sampler has dropped it: nobody would read what is set on it.</summary>
    private readonly Activity? _span = span is { IsAllDataRequested: true } ? span : null;
    private Outcome? _outcome;
    private bool _ranHere;

    public static RequestTrace? Of(HttpContext context) => context.Features.Get<RequestTrace>();

    /// <summary>The app answers, or a cluster under <c>ReverseProxy</c> does.</summary>
    public void ServedByLegacy() => _span?.SetTag(Names.ServedBy, "legacy");

    /// <summary>The gateway answers from Elasticsearch, in its own process.</summary>
    public void ServedByElasticsearch() => RanHere("elasticsearch");

    /// <summary>The gateway answers by itself, and nothing failed.</summary>
    public void ServedByGateway() => RanHere("gateway");

    /// <summary>The answer is our own, or, where it had begun, is cut short: then whoever began it has served it.</summary>
    public void Failed(Outcome outcome, bool hadBegun)
    {
        if (_outcome is null)
        {
            metrics.Failed(outcome);
        }

        _outcome ??= outcome;
        if (outcome != Outcome.ClientLeft && !hadBegun)
        {
            RanHere("gateway");
        }
    }

    /// <summary>Sets an attribute of the Server span.</summary>
    public void Set(string name, object? value) => _span?.SetTag(name, value);

    /// <summary>Sets which loop ran the request, as the app reports it, and which use of it this was.</summary>
    public void RanOn(string loopId, long use)
    {
        metrics.RanOnLoop("legacy", use > 1);
        Describe(loopId, use);
    }

    /// <summary>Sets what the app's report says went wrong, and which loop was closed then.</summary>
    public void LoopFailed(string? error, string? dead)
    {
        metrics.LoopFailed();
        _span?.SetTag(Names.LoopError, error);
        _span?.SetTag(Names.LoopDead, dead);
    }

    /// <summary>The answer comes from a call that another request had in flight.</summary>
    public void SharesCall() => _span?.SetTag(Names.CallShared, true);

    /// <summary>Links to the span that did this request's work in another trace; not to one that is not recorded, and so will never be found.</summary>
    public void LinkTo(ActivityContext other)
    {
        if (_span is { } span && other.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
        {
            span.AddLink(new ActivityLink(other));
        }
    }

    /// <summary>Links to the trace of a caller whose trace is not joined.</summary>
    public void LinkCaller(HttpContext context)
    {
        if (_span is { } span)
        {
            CallerTrace.Link(context, span);
        }
    }

    /// <summary>Completes the Server span once the answer has been handed to the server or given up.</summary>
    public void Complete(HttpContext context)
    {
        if (_span is { } span)
        {
            ServerSpan.Complete(span, context, _outcome);
        }
    }

    private void RanHere(string servedBy)
    {
        _span?.SetTag(Names.ServedBy, servedBy);
        if (!_ranHere)
        {
            _ranHere = true;
            long use = loop.Use();
            metrics.RanOnLoop(servedBy, use > 1);
            Describe(loop.Id, use);
        }
    }

    private void Describe(string loopId, long use)
    {
        _span?.SetTag(Names.LoopId, loopId);
        _span?.SetTag(Names.LoopUse, use);
        _span?.SetTag(Names.LoopReused, use > 1);
    }
}

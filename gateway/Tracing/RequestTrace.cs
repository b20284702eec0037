using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using Gateway.Responding;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>What becomes known of a request on its way, kept for its Server span.</summary>
internal sealed class RequestTrace(Activity? span, GatewayLoop loop, GatewayMetrics metrics)
{
    /// <summary>The methods that may be part of a span's name: a client can make up others without end.</summary>
    private static readonly FrozenSet<string> _methods =
        FrozenSet.Create(StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY");

    /// <summary>What a span is named after instead.</summary>
    private const string UnknownMethod = "HTTP";

    private Outcome? _outcome;
    private bool _ranHere;

    public static RequestTrace? Of(HttpContext context) => context.Features.Get<RequestTrace>();

    /// <summary>Says on a request's Server span what was asked.</summary>
    public static void Begin(Activity span, IHttpRequestFeature request)
    {
        if (_methods.Contains(request.Method))
        {
            span.DisplayName = request.Method;
            span.AddTag(Names.HttpRequestMethod, request.Method);
        }
        else
        {
            span.DisplayName = UnknownMethod;
            span.AddTag(Names.HttpRequestMethod, "_OTHER");
            span.AddTag(Names.HttpRequestMethodOriginal, request.Method);
        }

        span.AddTag(Names.UrlScheme, request.Scheme);
        span.AddTag(Names.UrlPath, PathOf(request));
        var host = new HostString(request.Headers.Host.ToString());
        if (host.HasValue)
        {
            span.AddTag(Names.ServerAddress, host.Host);
            span.AddTag(Names.ServerPort, host.Port ?? (request.Scheme == Uri.UriSchemeHttps ? 443 : 80));
        }
    }

    /// <summary>As it came, so that <c>%41</c> and <c>A</c> are told apart; of a whole URL, as it was read.</summary>
    private static string PathOf(IHttpRequestFeature request)
    {
        string target = request.RawTarget;
        return target.StartsWith('/') ? target.Split('?', 2)[0]
            // Empty where the server itself is asked: OPTIONS *.
            : request.Path.Length > 0 ? new PathString(request.Path).ToUriComponent() : "/";
    }

    /// <summary>The app answers, or a cluster under <c>ReverseProxy</c> does.</summary>
    public void ServedByLegacy() => span?.SetTag(Names.ServedBy, "legacy");

    /// <summary>The gateway answers from Elasticsearch, in its own process.</summary>
    public void ServedByElasticsearch() => RanHere("elasticsearch");

    /// <summary>The gateway answers by itself, and nothing failed.</summary>
    public void ServedByGateway() => RanHere("gateway");

    /// <summary>The answer is our own, or is cut short.</summary>
    public void Failed(Outcome outcome)
    {
        if (_outcome is null)
        {
            metrics.Failed(outcome);
        }

        _outcome ??= outcome;
        if (outcome != Outcome.ClientLeft)
        {
            RanHere("gateway");
        }
    }

    /// <summary>Sets an attribute of the Server span.</summary>
    public void Set(string name, object? value) => span?.SetTag(name, value);

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
        span?.SetTag(Names.LoopError, error);
        span?.SetTag(Names.LoopDead, dead);
    }

    private void Describe(string loopId, long use)
    {
        span?.SetTag(Names.LoopId, loopId);
        span?.SetTag(Names.LoopUse, use);
        span?.SetTag(Names.LoopReused, use > 1);
    }

    /// <summary>The answer comes from a call that another request had in flight.</summary>
    public void SharesCall() => span?.SetTag(Names.CallShared, true);

    /// <summary>Links to the span that did this request's work in another trace; not to one that is not recorded, and so will never be found.</summary>
    public void LinkTo(ActivityContext other)
    {
        if (span is { IsAllDataRequested: true } && other.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
        {
            span.AddLink(new ActivityLink(other));
        }
    }

    /// <summary>Links to the trace of a caller whose trace is not joined.</summary>
    public void LinkCaller(HttpContext context)
    {
        if (span is { IsAllDataRequested: true })
        {
            CallerTrace.Link(context, span);
        }
    }

    /// <summary>Completes the Server span once the answer has been handed to the server or given up.</summary>
    public void Complete(HttpContext context)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }

        int status = context.Response.StatusCode;
        span.AddTag(Names.HttpResponseStatusCode, status);
        span.AddTag(Names.NetworkProtocolVersion, context.Request.Protocol switch
        {
            "HTTP/1.1" => "1.1",
            "HTTP/2" => "2",
            "HTTP/3" => "3",
            var other => other.Replace("HTTP/", "", StringComparison.Ordinal),
        });
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.AddTag(Names.HttpRoute, route);
            span.DisplayName = $"{span.DisplayName} {route}";
        }

        if (_outcome is { } outcome)
        {
            span.SetTag(Names.ErrorType, Problem.Of(outcome).Reason);
        }
        else if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetTag(Names.ErrorType, status.ToString(CultureInfo.InvariantCulture));
        }

        // A body that failed after a good status is an error too; a client that left, or asked for what is not there, is not the server's.
        if (Math.Max(status, _outcome is { } ended ? Problem.Of(ended).Status : 0) >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    private void RanHere(string servedBy)
    {
        span?.SetTag(Names.ServedBy, servedBy);
        if (!_ranHere)
        {
            _ranHere = true;
            long use = loop.Use();
            metrics.RanOnLoop(servedBy, use > 1);
            Describe(loop.Id, use);
        }
    }
}

using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using Gateway.Responding;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tracing;

/// <summary>What OpenTelemetry's conventions for HTTP want on a Server span: what was asked, and what became of it.</summary>
internal static class ServerSpan
{
    /// <summary>The methods that may be part of a span's name: a client can make up others without end.</summary>
    private static readonly FrozenSet<string> _methods =
        FrozenSet.Create(StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY");

    /// <summary>What a span is named after instead.</summary>
    private const string UnknownMethod = "HTTP";

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

    /// <summary>Completes it, once the answer has been handed to the server or given up.</summary>
    /// <param name="span">The span.</param>
    /// <param name="context">The request.</param>
    /// <param name="failed">How the request failed, if it did.</param>
    public static void Complete(Activity span, HttpContext context, Outcome? failed)
    {
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

        if (failed is { } outcome)
        {
            span.SetTag(Names.ErrorType, Problem.Of(outcome).Reason);
        }
        else if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetTag(Names.ErrorType, status.ToString(CultureInfo.InvariantCulture));
        }

        // A body that failed after a good status is an error too; a client that left, or asked for what is not there, is not the server's.
        if (Math.Max(status, failed is { } ended ? Problem.Of(ended).Status : 0) >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>The path as it came, so that <c>%41</c> and <c>A</c> are told apart; that of a whole URL as it was read.</summary>
    private static string PathOf(IHttpRequestFeature request)
    {
        string target = request.RawTarget;
        if (target.StartsWith('/'))
        {
            int query = target.IndexOf('?', StringComparison.Ordinal);
            return query < 0 ? target : target[..query];
        }

        // Empty where the server itself is asked: OPTIONS *.
        return request.Path.Length > 0 ? new PathString(request.Path).ToUriComponent() : "/";
    }
}

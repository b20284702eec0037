using System.Net.Http.Headers;
using Gateway.Connections;
using Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Legacy;

/// <summary>What is changed on the way to a cluster and back, and, for the built-in route, on the way to the app.</summary>
internal static class Transforms
{
    /// <summary>The target is the app's to read: <c>%2F</c> and <c>//</c> arrive as they came.</summary>
    private static readonly UriCreationOptions _asItCame = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static void Add(TransformBuilderContext context)
    {
        context.AddRequestTransform(static transform =>
        {
            DescribeRoute(transform.HttpContext);
            KeepUpgradeToHttps(transform);
            Upload.Begin(transform, isWatched: SpeaksHttp11(transform));
            return ValueTask.CompletedTask;
        });
        context.RequestTransforms.Add(new SentOnce());
        context.AddResponseTransform(static transform =>
        {
            EndHop(transform);
            EndEarly(transform.HttpContext);
            Handshake.Check(transform);
            BodilessAnswers.Mend(transform);
            return ValueTask.CompletedTask;
        });
        if (context.Services.GetRequiredService<TracingOptions>().LoopReports)
        {
            context.AddResponseTransform(static transform =>
            {
                LoopReport.Take(transform);
                return ValueTask.CompletedTask;
            });
        }

        if (context.Route.RouteId != LegacyRoute.Id)
        {
            return;
        }

        LegacyOptions options = context.Services.GetRequiredService<LegacyOptions>();
        context.AddOriginalHost(options.Host == HostSent.Client);
        context.AddForwardedFields();
        if (options.HideInternals)
        {
            context.AddResponseTransform(transform =>
            {
                AnswerFields.HideInternals(transform, options.Address!);
                return ValueTask.CompletedTask;
            });
        }

        context.AddRequestTransform(static transform =>
        {
            KeepTarget(transform);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>What YARP would put on a span of its own, which would be a second Server span for one request.</summary>
    private static void DescribeRoute(HttpContext context)
    {
        if (RequestTrace.Of(context) is { } trace && context.Features.Get<IReverseProxyFeature>() is { } proxy)
        {
            trace.Set(Names.ProxyRouteId, proxy.Route.Config.RouteId);
            trace.Set(Names.ProxyClusterId, proxy.Cluster.Config.ClusterId);
            trace.Set(Names.ProxyDestinationId, proxy.ProxiedDestination?.DestinationId);
        }
    }

    /// <summary>YARP takes it for a field of one hop, which by its specification (W3C, Upgrade Insecure Requests §3.2.1) it is not: the app may redirect by it.</summary>
    private static void KeepUpgradeToHttps(RequestTransformContext transform)
    {
        if (transform.HttpContext.Request.Headers.UpgradeInsecureRequests is { Count: > 0 } values)
        {
            transform.ProxyRequest.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, values.ToArray());
        }
    }

    /// <summary>Whether it is sure before there is a connection. Over HTTP/2 .NET reads an answer while it sends a body.</summary>
    private static bool SpeaksHttp11(RequestTransformContext transform) => transform.ProxyRequest switch
    {
        { Version.Major: 1, VersionPolicy: not HttpVersionPolicy.RequestVersionOrHigher } => true,
        // Without TLS there is nothing to negotiate.
        { VersionPolicy: HttpVersionPolicy.RequestVersionOrLower } => transform.DestinationPrefix.StartsWith("http:", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static void EndHop(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse?.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues connection) == true)
        {
            HopFields.End(transform.HttpContext.Response.Headers, connection.ToArray());
        }

        if (!transform.HttpContext.Response.SupportsTrailers())
        {
            // Kestrel sends no trailers over HTTP/1.1, so none may be announced.
            transform.HttpContext.Response.Headers.Remove("Trailer");
        }
    }

    /// <summary>The rest of a body that the app did not want is not waited for: after such an answer the client's connection ends (RFC 9112 §9.6).</summary>
    private static void EndEarly(HttpContext context)
    {
        if (Upload.Of(context) is { IsStopped: true })
        {
            RequestTrace.Of(context)?.Set(Names.UploadStopped, true);
            if (context.Request.IsHttp1())
            {
                context.Response.Headers.Connection = "close";
            }
        }
    }

    private static void KeepTarget(RequestTransformContext transform)
    {
        string target = transform.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.StartsWith('/'))
        {
            transform.ProxyRequest.RequestUri = new Uri(string.Concat(transform.DestinationPrefix.AsSpan().TrimEnd('/'), target), _asItCame);
        }
    }
}

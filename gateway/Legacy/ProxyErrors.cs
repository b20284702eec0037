using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Connections;
using Gateway.Responding;
using Gateway.Tracing;
using Microsoft.AspNetCore.Connections;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Legacy;

/// <summary>Turns what YARP reports into an outcome of ours.</summary>
// In one file, as each question is asked where all before it were answered no: their order is the rule.
internal static partial class ProxyErrors
{
    /// <summary>Runs the rest of the proxy; where it failed, answers in the one shape of our errors, or ends an answer that has begun.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        RequestTrace.Of(context)?.ServedByLegacy();
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is not { } failed)
        {
            return;
        }

        var upload = Upload.Of(context);
        if (WasAnsweredEarly(failed.Error, upload))
        {
            if (failed.Error == ForwarderError.RequestBodyClient)
            {
                context.TakeNoMoreRequests();
            }

            if (upload is { HasLostClient: true })
            {
                context.Abort();
            }

            return;
        }

        bool isRouteTimeOver = RouteTimeout.End(context);
        Outcome outcome = isRouteTimeOver ? Outcome.AppTooSlow : OutcomeOf(failed, upload, context);
        if (outcome is not (Outcome.ClientLeft or Outcome.RequestMalformed or Outcome.BodyTooLarge or Outcome.BodyTooSlow))
        {
            string reason = isRouteTimeOver ? "The Timeout of the route, or the TotalTimeout of its cluster, has passed." : ReasonOf(failed.Exception);
            Log.Failed(logger, AddressOf(context), Problem.Of(outcome).Reason, failed.Error, reason);
        }

        if (upload is { IsStopped: true })
        {
            // What the client still sends of its body is nobody's.
            context.TakeNoMoreRequests();
        }

        await context.AnswerAsync(outcome);
    }

    /// <summary>The client has the whole answer, and the app did not want the rest of the body.</summary>
    private static bool WasAnsweredEarly(ForwarderError error, Upload? upload) =>
        error is ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination
        && upload is { EndedEarly: true };

    private static Outcome OutcomeOf(IForwarderErrorFeature failed, Upload? upload, HttpContext context)
    {
        if (failed.Error == ForwarderError.NoAvailableDestinations)
        {
            return Outcome.NoDestination;
        }

        if (Has<TimeoutException>(failed.Exception) || failed.Error == ForwarderError.RequestTimedOut)
        {
            return Outcome.AppTooSlow;
        }

        if (upload is { HasLostClient: true })
        {
            return Outcome.ClientLeft;
        }

        // YARP itself aborts the client's connection where an answer breaks off, so this is asked before whether the client is there.
        if (failed.Error is ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeResponseDestination or ForwarderError.UpgradeRequestDestination
            || upload is { IsBroken: true })
        {
            return Outcome.AppBroken;
        }

        if (context.RequestAborted.IsCancellationRequested || Has<ConnectionResetException>(failed.Exception))
        {
            return Outcome.ClientLeft;
        }

        if (failed.Error is ForwarderError.RequestBodyClient or ForwarderError.RequestCreation
            && Find<BadHttpRequestException>(failed.Exception) is { } refused)
        {
            return Problem.OutcomeOf(refused);
        }

        if (failed.Error == ForwarderError.RequestBodyClient && !context.Request.IsHttp1())
        {
            // A body that its client reset fails to be read before the request is aborted, or after.
            return Outcome.ClientLeft;
        }

        if (failed.Error is ForwarderError.RequestBodyClient or ForwarderError.RequestCreation)
        {
            return Outcome.RequestMalformed;
        }

        if (IsClients(failed.Error))
        {
            return Outcome.ClientLeft;
        }

        return Has<HttpRequestException>(failed.Exception, static e => e.HttpRequestError is
                HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
            ? Outcome.AppUnreachable
            : Outcome.AppBroken;
    }

    private static bool IsClients(ForwarderError error) => error is
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled
        or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
        or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient
        or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient;

    private static bool Has<T>(Exception? exception, Func<T, bool>? which = null)
        where T : Exception => Find(exception, which) is not null;

    private static T? Find<T>(Exception? exception, Func<T, bool>? which = null)
        where T : Exception =>
        exception switch
        {
            null => null,
            T found when which is null || which(found) => found,
            AggregateException several => several.InnerExceptions.Select(inner => Find(inner, which)).FirstOrDefault(static found => found is not null),
            _ => Find(exception.InnerException, which),
        };

    /// <summary>Names the server that was asked, or the cluster where none of its servers could be.</summary>
    private static string AddressOf(HttpContext context) => context.Features.Get<IReverseProxyFeature>() is { } proxy
        ? proxy.ProxiedDestination?.Model.Config.Address ?? proxy.Cluster.Config.ClusterId
        : "The app";

    /// <summary>Our own sentence for it, else .NET's word where there is one: the message of an exception may quote what the app sent.</summary>
    private static string ReasonOf(Exception? exception) =>
        Find<HttpIOException>(exception, static own => own is NoAnswerException or UnsoundAnswerException or HttpProtocolException)?.Message
        ?? (Find<HttpRequestException>(exception, static e => e.HttpRequestError != HttpRequestError.Unknown)?.HttpRequestError
            ?? Find<HttpIOException>(exception)?.HttpRequestError) switch
        {
            HttpRequestError.ConfigurationLimitExceeded => "The head of the answer is too long.",
            { } word => Find<Exception>(exception, static e => e is SocketException or AuthenticationException) is { } cause ? $"{word}: {cause.Message}" : word.ToString(),
            null => Find<Exception>(exception, static e => e is not AggregateException && e.InnerException is null)?.Message ?? "no reason given",
        };

    private static partial class Log
    {
        [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "{Address}: {Outcome} ({Error}): {Reason}")]
        public static partial void Failed(ILogger logger, string address, string outcome, ForwarderError error, string reason);
    }
}

using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Connections;
using Gateway.Listening;
using Gateway.Responding;
using Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Guard;

/// <summary>Answers what is refused; lets the rest pass, with its target in one form and without the fields that nobody may believe.</summary>
internal sealed partial class GuardMiddleware
{
    private static readonly string[] _usual = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    private readonly RequestDelegate _next;
    private readonly GuardOptions _options;
    private readonly ILogger _logger;
    private readonly FrozenSet<string> _methods;
    private readonly string _allow;
    private readonly HostList _hosts;
    private readonly FieldRules _fields;

    public GuardMiddleware(RequestDelegate next, GuardOptions options, ILogger<GuardMiddleware> logger)
    {
        (_next, _options, _logger) = (next, options, logger);
        IEnumerable<string> methods = options.Methods.Count > 0 ? options.Methods : _usual;
        _methods = methods.ToFrozenSet(StringComparer.Ordinal);
        _allow = string.Join(", ", methods);
        _hosts = new HostList(options.AllowedHosts);
        _fields = new FieldRules(options.KeepFields);
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (AdminConnection.Has(context))
        {
            // Kubelet and Prometheus call it by the pod's address, and nothing of it is forwarded.
            return _next(context);
        }

        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        string? target = OriginForm.Of(request.RawTarget);
        if (target is not null && !request.RawTarget.StartsWith('/'))
        {
            request.RawTarget = target;
            request.Path = OriginForm.PathOf(target);
        }

        return _options.Enabled ? GuardAsync(context, target) : _next(context);
    }

    private Task GuardAsync(HttpContext context, string? target)
    {
        bool isForTheServer = target is null && IsForTheServer(context);
        if (Judge(context, isForTheServer ? "/" : target, out bool sayWhoTheClientIs) is { } refused)
        {
            Log.Refused(_logger, refused);
            return context.AnswerAsync(refused, allow: refused == Outcome.MethodRefused ? _allow : null);
        }

        if (isForTheServer)
        {
            RequestTrace.Of(context)?.ServedByGateway();
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = _allow;
            return Task.CompletedTask;
        }

        if (sayWhoTheClientIs && !context.Connection.RemoteIpAddress.IsIn(_options.TrustedProxies))
        {
            _fields.RemoveIdentity(context.Request.Headers);
        }

        return _next(context);
    }

    private Outcome? Judge(HttpContext context, string? target, out bool sayWhoTheClientIs)
    {
        sayWhoTheClientIs = false;
        HttpRequest request = context.Request;
        if (!_methods.Contains(request.Method) && !IsWebSocketOfHttp2(context))
        {
            return request.Method is "TRACE" or "CONNECT" ? Outcome.MethodRefused : Outcome.MethodUnknown;
        }

        if (target is null || !TargetRules.IsClear(target))
        {
            return Outcome.TargetRefused;
        }

        // HTTP/1.0 knows requests without a Host (RFC 9112 §3.2).
        if (request.Host.HasValue ? !HostList.HasGoodPort(request.Host.Value) : !HttpProtocol.IsHttp10(request.Protocol))
        {
            return Outcome.HostRefused;
        }

        if (!_hosts.Serves(request.Host))
        {
            return Outcome.HostUnknown;
        }

        if (!_fields.AreClear(request.Headers, out sayWhoTheClientIs) || (request.Headers.TransferEncoding.Count > 0 && !IsFramedClearly(context)))
        {
            return Outcome.FieldRefused;
        }

        return request.Headers.Expect is { Count: > 0 } expect && !string.Equals(expect, "100-continue", StringComparison.OrdinalIgnoreCase)
            ? Outcome.ExpectationUnknown
            : null;
    }

    /// <summary>
    /// RFC 9112 §6.1: chunked once and nothing else, not by HTTP/1.0, and no length beside it, which Kestrel renames. Else nobody can be
    /// sure where the body ends, and the connection is closed.
    /// </summary>
    private static bool IsFramedClearly(HttpContext context)
    {
        HttpRequest request = context.Request;
        bool clear = request.Headers.TransferEncoding is [{ } coding] && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
            && !HttpProtocol.IsHttp10(request.Protocol) && !request.Headers.ContainsKey("X-Content-Length");
        if (!clear)
        {
            context.TakeNoMoreRequests();
        }

        return clear;
    }

    /// <summary>RFC 8441: a WebSocket over HTTP/2 comes as a CONNECT that names it.</summary>
    private static bool IsWebSocketOfHttp2(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    /// <summary>RFC 9110 §9.3.7: <c>OPTIONS *</c> asks the server itself.</summary>
    private static bool IsForTheServer(HttpContext context) =>
        HttpMethods.IsOptions(context.Request.Method) && context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget == "*";

    private static partial class Log
    {
        [LoggerMessage(EventId = 700, Level = LogLevel.Debug, Message = "A request was refused: {Outcome}.")]
        public static partial void Refused(ILogger logger, Outcome outcome);
    }
}

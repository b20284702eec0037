using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Gateway.Responding;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>RFC 6455 §4: both sides of a WebSocket's handshake are checked, since what follows it is no HTTP that anything else would check.</summary>
internal static class Handshake
{
    private const string WebSocket = "websocket";
    private const string Version = "13";
    private const int KeyLength = 16;

    /// <summary>§4.2.1: what the client has to say. Over HTTP/2 there is no key (RFC 8441 §5).</summary>
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary fields = context.Request.Headers;
        if (HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            // RFC 9110 §7.8: it knows no upgrade, and no 101 (§15.2).
            fields.Remove("Upgrade");
        }

        // The guard lets no other CONNECT pass than that of a WebSocket.
        bool isExtendedConnect = HttpMethods.IsConnect(context.Request.Method);
        if (!isExtendedConnect
            && (fields.Upgrade.Count == 0 || !string.Equals(fields.Upgrade, WebSocket, StringComparison.OrdinalIgnoreCase)
                || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }))
        {
            return next(context);
        }

        if (isExtendedConnect)
        {
            // Not used there, and the proxy makes one of its own where the app speaks HTTP/1.1.
            fields.Remove("Sec-WebSocket-Key");
        }

        if (fields.SecWebSocketVersion != Version)
        {
            // §4.4: the answer names the version that is spoken.
            context.Response.OnStarting(static state =>
            {
                ((HttpContext)state).Response.Headers.SecWebSocketVersion = Version;
                return Task.CompletedTask;
            }, context);
            return context.AnswerAsync(Outcome.WebSocketVersionUnknown);
        }

        return isExtendedConnect || (HttpMethods.IsGet(context.Request.Method) && IsKey(fields.SecWebSocketKey))
            ? next(context)
            : context.AnswerAsync(Outcome.HandshakeRefused);
    }

    /// <summary>§4.1: an app that switches protocols was asked to, switches to what was asked for, and proves that it has read the key.</summary>
    public static void Check(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse is not { RequestMessage: { } request } answer)
        {
            return;
        }

        string? fault = answer switch
        {
            { StatusCode: HttpStatusCode.SwitchingProtocols } => FaultOf(request, answer),
            // RFC 8441 §5: to the client any 2xx says that the WebSocket is open. Over HTTP/2 the app says so too.
            { IsSuccessStatusCode: true } when HttpMethods.IsConnect(transform.HttpContext.Request.Method)
                && !(answer.StatusCode == HttpStatusCode.OK && request.Method == HttpMethod.Connect) =>
                $"The app answered a WebSocket's handshake with {(int)answer.StatusCode}, and opened none.",
            _ => null,
        };
        if (fault is not null)
        {
            throw new UnsoundAnswerException(fault);
        }
    }

    private static string? FaultOf(HttpRequestMessage request, HttpResponseMessage answer)
    {
        if (!request.Headers.NonValidated.TryGetValues("Upgrade", out HeaderStringValues asked))
        {
            return "The app switched protocols without being asked.";
        }

        string protocol = asked.ToString();
        if (!answer.Headers.NonValidated.TryGetValues("Upgrade", out HeaderStringValues chosen) || !Same(chosen.ToString(), protocol)
            || !answer.Headers.Connection.Contains("Upgrade"))
        {
            return "The app switched protocols, but not to the one that was asked for.";
        }

        return Same(protocol, WebSocket)
            && (!request.Headers.NonValidated.TryGetValues("Sec-WebSocket-Key", out HeaderStringValues key)
                || !answer.Headers.NonValidated.TryGetValues("Sec-WebSocket-Accept", out HeaderStringValues accept)
                || accept.ToString() != Accept(key.ToString()))
            ? "The app did not accept the WebSocket's key."
            : null;
    }

    private static bool Same(string protocol, string other) => string.Equals(protocol, other, StringComparison.OrdinalIgnoreCase);

    private static bool IsKey(string? key) => key is not null && Base64.IsValid(key, out int length) && length == KeyLength;

    private static string Accept(string key)
    {
        // The algorithm is the protocol's (§4.2.2), and no secret depends on it.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.Latin1.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}

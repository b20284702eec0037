using System.Buffers.Text;
using System.Net;
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

    /// <summary>§4.2.1: what the client has to say. Over HTTP/2 there is no key.</summary>
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary fields = context.Request.Headers;
        if (HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            // RFC 9110 §7.8: it knows no upgrade, and no 101 (§15.2).
            fields.Remove("Upgrade");
        }

        if (fields.Upgrade.Count == 0 || !string.Equals(fields.Upgrade, WebSocket, StringComparison.OrdinalIgnoreCase)
            || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
        {
            return next(context);
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

        return HttpMethods.IsGet(context.Request.Method) && IsKey(fields.SecWebSocketKey)
            ? next(context)
            : context.AnswerAsync(Outcome.HandshakeRefused);
    }

    /// <summary>§4.1: an app that switches protocols was asked to, and proves that it has read the key.</summary>
    public static void Check(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse is not { StatusCode: HttpStatusCode.SwitchingProtocols, RequestMessage: { } request } answer)
        {
            return;
        }

        if (!request.Headers.NonValidated.TryGetValues("Upgrade", out var protocol))
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, "The app switched protocols without being asked.");
        }

        if (string.Equals(protocol.ToString(), WebSocket, StringComparison.OrdinalIgnoreCase)
            && (!request.Headers.NonValidated.TryGetValues("Sec-WebSocket-Key", out var key)
                || !answer.Headers.NonValidated.TryGetValues("Sec-WebSocket-Accept", out var accept)
                || accept.ToString() != Accept(key.ToString())))
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, "The app did not accept the WebSocket's key.");
        }
    }

    private static bool IsKey(string? key) => key is not null && Base64.IsValid(key, out int length) && length == KeyLength;

    private static string Accept(string key)
    {
        // The algorithm is the protocol's (§4.2.2), and no secret depends on it.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.Latin1.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}

using System.Net;
using System.Net.Sockets;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Legacy;

/// <summary>
/// Who the client is, as the app is told. At the edge the guard has taken off what the client says of itself, so what is set here is all
/// there is. Behind a trusted proxy the caller joins the list in <c>X-Forwarded-For</c>, while scheme and host stay what that proxy saw:
/// Django and Werkzeug compare one value, and would read a list as none.
/// </summary>
internal static class ForwardedFields
{
    private const string Proto = "X-Forwarded-Proto";
    private const string Host = "X-Forwarded-Host";
    private const string Forwarded = "Forwarded";

    public static void AddForwardedFields(this TransformBuilderContext context)
    {
        context.AddXForwardedFor(action: ForwardedTransformActions.Append);
        context.AddXForwardedProto(action: ForwardedTransformActions.Off);
        context.AddXForwardedHost(action: ForwardedTransformActions.Off);
        context.AddXForwardedPrefix(action: ForwardedTransformActions.Off);
        context.AddRequestTransform(static transform =>
        {
            HttpContext request = transform.HttpContext;
            SetIfMissing(transform, Proto, request.Request.Scheme);
            SetIfMissing(transform, Host, request.Request.Host.Value);
            // Still there, so it comes from a proxy that is trusted.
            if (request.Request.Headers.TryGetValue(Forwarded, out var hops))
            {
                transform.ProxyRequest.Headers.Remove(Forwarded);
                transform.ProxyRequest.Headers.TryAddWithoutValidation(Forwarded, $"{hops}, {Hop(request)}");
            }

            return ValueTask.CompletedTask;
        });
    }

    /// <summary>
    /// Scheme and host that the client asked: as a trusted proxy says, of several the one that it met, since what others say the guard has taken off;
    /// else as we see.
    /// </summary>
    public static string OriginOf(HttpRequest request) => $"{First(request, Proto) ?? request.Scheme}://{First(request, Host) ?? request.Host.Value}";

    private static string? First(HttpRequest request, string field) =>
        request.Headers[field].ToString().Split(',')[0].Trim() is { Length: > 0 } value ? value : null;

    private static void SetIfMissing(RequestTransformContext transform, string field, string? value)
    {
        if (!string.IsNullOrEmpty(value) && !transform.ProxyRequest.Headers.NonValidated.Contains(field))
        {
            transform.ProxyRequest.Headers.TryAddWithoutValidation(field, value);
        }
    }

    /// <summary>RFC 7239 §4 and §6: an IPv6 address is quoted, in brackets.</summary>
    private static string Hop(HttpContext context)
    {
        IPAddress? caller = context.Connection.RemoteIpAddress;
        string text = caller switch
        {
            null => "unknown",
            { IsIPv4MappedToIPv6: true } => caller.MapToIPv4().ToString(),
            { AddressFamily: AddressFamily.InterNetworkV6 } => $"\"[{caller}]\"",
            _ => caller.ToString(),
        };
        return $"for={text};proto={context.Request.Scheme};host=\"{context.Request.Host}\"";
    }
}

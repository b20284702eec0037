using Gateway.Connections;
using Gateway.Responding;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Legacy;

/// <summary>
/// Gives a body a length that came without one. WSGI knows bodies by their length alone (PEP 3333): to Django under WSGI, and to any app
/// under <c>WsgiToAsgi</c>, a body in chunks is an empty one.
/// </summary>
internal static class BodyLength
{
    /// <summary>Collects such a body of a request to the app before it is sent on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The rest of the proxy.</param>
    /// <param name="most">The longest in bytes; a longer one is answered 413.</param>
    public static async Task GiveAsync(HttpContext context, RequestDelegate next, int most)
    {
        if (!IsMissing(context))
        {
            await next(context);
            return;
        }

        using var body = new MemoryStream();
        if (!await CollectAsync(context, body, most))
        {
            return;
        }

        body.Position = 0;
        HttpRequest request = context.Request;
        request.Headers.TransferEncoding = default;
        // Whoever waited for a 100 has got it; nothing is to wait for the app's.
        request.Headers.Expect = default;
        request.ContentLength = body.Length;
        request.Body = body;
        await next(context);
    }

    private static bool IsMissing(HttpContext context) =>
        context.Request.ContentLength is null
        && context.GetRouteModel().Config.RouteId == LegacyRoute.Id
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
        && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true };

    /// <summary>Reads the body whole; false where the request is answered already, since the body is too large, took the route's whole time, or the client left.</summary>
    private static async Task<bool> CollectAsync(HttpContext context, MemoryStream body, int most)
    {
        var piece = new byte[16 * 1024];
        using var source = new ClientBody(context.Request.BodyReader, context.Request.IsHttp1());
        try
        {
            int read;
            while ((read = await source.ReadAsync(piece, context.RequestAborted)) > 0)
            {
                if (body.Length + read > most)
                {
                    return await RefuseAsync(context, Outcome.BodyTooLarge);
                }

                body.Write(piece, 0, read);
            }

            return true;
        }
        catch (IOException left) when (left is not BadHttpRequestException)
        {
            await context.AnswerAsync(Outcome.ClientLeft);
            return false;
        }
        catch (OperationCanceledException) when (RouteTimeout.End(context))
        {
            return await RefuseAsync(context, Outcome.BodyTooSlow);
        }
    }

    /// <summary>The rest of the body is not read: over HTTP/1.1 nothing can follow it.</summary>
    private static async Task<bool> RefuseAsync(HttpContext context, Outcome outcome)
    {
        context.TakeNoMoreRequests();
        await context.AnswerAsync(outcome);
        return false;
    }
}

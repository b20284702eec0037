using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Legacy;

/// <summary>
/// YARP 2.3 has two codes of RFC 9113 §7 in each other's place: of an answer that broke off it would say that it was cancelled, which to a gRPC
/// client is its own doing.
/// </summary>
internal sealed class ResetCodes(IHttpResetFeature inner) : IHttpResetFeature
{
    private const int InternalError = 2;
    private const int Cancel = 8;

    public static void PutRight(HttpContext context)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } inner)
        {
            context.Features.Set<IHttpResetFeature>(new ResetCodes(inner));
        }
    }

    public void Reset(int errorCode) => inner.Reset(errorCode switch
    {
        InternalError => Cancel,
        Cancel => InternalError,
        _ => errorCode,
    });
}

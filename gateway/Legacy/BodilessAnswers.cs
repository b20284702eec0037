using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>
/// RFC 9110 §15.2, §15.3.5 and §15.3.6: 101, 204 and 205 have no content, whatever the app says and sends. Kestrel refuses to say so, which would
/// be a 500, and .NET keeps the connection on which the content of a 204 may yet arrive.
/// </summary>
internal static class BodilessAnswers
{
    public static void Mend(ResponseTransformContext transform)
    {
        switch (transform.HttpContext.Response.StatusCode)
        {
            case StatusCodes.Status101SwitchingProtocols:
            case StatusCodes.Status204NoContent:
                transform.HttpContext.Response.ContentLength = null;
                break;
            case StatusCodes.Status205ResetContent:
                transform.HttpContext.Response.ContentLength = 0;
                transform.SuppressResponseBody = true;
                break;
        }
    }
}

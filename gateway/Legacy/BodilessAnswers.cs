using System.Buffers.Text;
using System.Text;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>
/// RFC 9110 §15.3.5 and §15.3.6: 204 and 205 have no content, whatever the app says and sends. Kestrel refuses to say so, which would be a
/// 500, and .NET keeps the connection on which the content of a 204 may yet arrive.
/// </summary>
internal static class BodilessAnswers
{
    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    public static void Mend(ResponseTransformContext transform)
    {
        switch (transform.HttpContext.Response.StatusCode)
        {
            case StatusCodes.Status204NoContent:
                transform.HttpContext.Response.ContentLength = null;
                break;
            case StatusCodes.Status205ResetContent:
                transform.HttpContext.Response.ContentLength = 0;
                transform.SuppressResponseBody = true;
                break;
        }
    }

    /// <summary>Whether these first bytes of an answer are the whole head of a 204 that announces content.</summary>
    public static bool AnnouncesContent(ReadOnlySpan<byte> answer)
    {
        int end;
        if (!answer.StartsWith("HTTP/1.1 204"u8) || (end = answer.IndexOf(HeadEnd)) < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> head = answer[..end];
        foreach (Range line in head.Split("\r\n"u8))
        {
            ReadOnlySpan<byte> field = head[line];
            int colon = field.IndexOf((byte)':');
            if (colon < 0)
            {
                continue;
            }

            ReadOnlySpan<byte> value = field[(colon + 1)..].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(field[..colon], "Transfer-Encoding"u8)
                || (Ascii.EqualsIgnoreCase(field[..colon], "Content-Length"u8) && !(Utf8Parser.TryParse(value, out long length, out _) && length == 0)))
            {
                return true;
            }
        }

        return false;
    }
}

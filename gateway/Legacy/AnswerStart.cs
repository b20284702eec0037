using System.Buffers.Text;

namespace Gateway.Legacy;

/// <summary>What the first bytes of an answer are: a status of its own, interim answers only, or too few bytes to tell.</summary>
/// <param name="Status">Of the final answer; 0 where there is none yet. What is not HTTP counts as 502: it ends the exchange all the same.</param>
/// <param name="LineEnd">Where the final answer's status line ends.</param>
/// <param name="IsPartial">More bytes are needed.</param>
internal readonly record struct AnswerStart(int Status, int LineEnd, bool IsPartial)
{
    private const int NoHttp = 502;

    /// <summary>RFC 9112 §4: the version, a space, and three digits.</summary>
    private const int DigitsAt = 9;

    private static ReadOnlySpan<byte> Http => "HTTP/1."u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>The three digits of a status line.</summary>
    public static bool TryReadStatus(ReadOnlySpan<byte> line, out int status)
    {
        status = 0;
        return line.Length >= DigitsAt + 3 && Utf8Parser.TryParse(line.Slice(DigitsAt, 3), out status, out int read) && read == 3;
    }

    public static AnswerStart Of(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            if (!rest.StartsWith(Http[..Math.Min(Http.Length, rest.Length)]))
            {
                return new AnswerStart(NoHttp, at, false);
            }

            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                return new AnswerStart(0, 0, true);
            }

            if (!TryReadStatus(rest[..end], out int status))
            {
                return new AnswerStart(NoHttp, at, false);
            }

            if (status is < 100 or > 199 or StatusCodes.Status101SwitchingProtocols)
            {
                return new AnswerStart(status, at + end + 1, false);
            }

            int head = rest.IndexOf(HeadEnd);
            if (head < 0)
            {
                return new AnswerStart(0, 0, true);
            }

            at += head + HeadEnd.Length;
        }

        return default;
    }
}

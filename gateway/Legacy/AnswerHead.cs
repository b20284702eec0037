using System.Buffers.Text;
using System.Text;

namespace Gateway.Legacy;

/// <summary>
/// The head of an HTTP/1.x answer, looked at while it arrives and before .NET sees it, for what .NET lets pass: framing that may be
/// another answer in disguise, and content that it does not expect and would take for the next answer.
/// </summary>
internal sealed class AnswerHead
{
    /// <summary>How much is kept of a line that comes in pieces: no sound one that matters here is longer.</summary>
    private const int LongestLine = 256;

    /// <summary>The beginning of a line whose end has not come, and how much of that there is.</summary>
    private readonly byte[] _begun = new byte[LongestLine];
    private int _begunLength;
    private int _status;
    private int _lengths;
    private int _encodings;
    private bool _isHttp10;
    private bool _isEncodedOtherwise;
    private bool _hasLength;
    private bool _isInFraming;
    private bool _isCut;
    private bool _isFramingUnclear;

    /// <summary>The whole head of the final answer has come.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What follows is no HTTP.</summary>
    public bool IsSwitch => IsOver && _status == StatusCodes.Status101SwitchingProtocols;

    /// <summary>
    /// Two lengths, or a length beside chunks (RFC 9112 §6.3); an encoding of which only the chunks would be taken off, or one in HTTP/1.0,
    /// which has none (§6.1); one of these over several lines, of which .NET makes one, or on a line without end.
    /// </summary>
    public bool IsUnsound =>
        _isFramingUnclear || _lengths > 1 || (_encodings > 0 && (_lengths > 0 || _encodings > 1 || _isEncodedOtherwise || _isHttp10));

    /// <summary>A 204 that announces content, which it cannot have (RFC 9110 §15.3.5): it may yet come.</summary>
    public bool AnnouncesTooMuch => _status == StatusCodes.Status204NoContent && (_hasLength || _encodings > 0);

    /// <summary>The next head begins.</summary>
    public void Reset()
    {
        (_begunLength, _status, _lengths, _encodings) = (0, 0, 0, 0);
        (_isHttp10, _isEncodedOtherwise, _hasLength, _isInFraming, _isCut, _isFramingUnclear, IsOver) = (false, false, false, false, false, false, false);
    }

    /// <summary>Takes the next bytes of the connection.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!IsOver)
        {
            int end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            if (_begunLength == 0)
            {
                TakeLine(bytes[..end]);
            }
            else
            {
                Keep(bytes[..end]);
                TakeLine(_begun.AsSpan(0, _begunLength));
                (_begunLength, _isCut) = (0, false);
            }

            bytes = bytes[(end + 1)..];
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        int room = LongestLine - _begunLength;
        _isCut |= bytes.Length > room;
        bytes = bytes[..Math.Min(bytes.Length, room)];
        bytes.CopyTo(_begun.AsSpan(_begunLength));
        _begunLength += bytes.Length;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        if (_status == 0)
        {
            _isHttp10 = line.StartsWith("HTTP/1.0"u8);
            // What is not HTTP ends the exchange whatever it is: .NET refuses it.
            IsOver = !AnswerStart.TryReadStatus(line, out _status) || _status == 0;
        }
        else if (!line.IsEmpty)
        {
            TakeField(line);
        }
        else if (_status is >= 100 and < 200 and not StatusCodes.Status101SwitchingProtocols)
        {
            // An interim answer, and the next head.
            Reset();
        }
        else
        {
            IsOver = true;
        }
    }

    private void TakeField(ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            // RFC 9112 §5.2: the line before goes on.
            _isFramingUnclear |= _isInFraming;
            return;
        }

        _isInFraming = false;
        int colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            return;
        }

        ReadOnlySpan<byte> name = line[..colon].TrimEnd(" \t"u8);
        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
        {
            _isInFraming = true;
            _lengths++;
            _hasLength |= !(Utf8Parser.TryParse(value, out long length, out _) && length == 0);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
        {
            _isInFraming = true;
            _encodings++;
            _isEncodedOtherwise |= !Ascii.EqualsIgnoreCase(value, "chunked"u8);
        }

        _isFramingUnclear |= _isInFraming && _isCut;
    }
}

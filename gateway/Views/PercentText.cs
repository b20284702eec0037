using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Views;

/// <summary>A part of a request's target, decoded once, as WSGI servers and Werkzeug do: a percent sign that begins no escape stays one.</summary>
internal static class PercentText
{
    /// <summary>Decodes a text; false where what is escaped is not UTF-8.</summary>
    /// <param name="raw">The part as it came.</param>
    /// <param name="plusIsSpace">True in a query, false in a path.</param>
    /// <param name="text">What it stands for.</param>
    public static bool TryDecode(ReadOnlySpan<char> raw, bool plusIsSpace, [NotNullWhen(true)] out string? text)
    {
        if (raw.IndexOfAny('%', '+') < 0 && Ascii.IsValid(raw))
        {
            text = raw.ToString();
            return true;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(raw.Length)];
        int length = 0;
        while (!raw.IsEmpty)
        {
            length += DecodeFirst(raw, plusIsSpace, bytes.AsSpan(length), out int read);
            raw = raw[read..];
        }

        ReadOnlySpan<byte> decoded = bytes.AsSpan(0, length);
        text = Utf8.IsValid(decoded) ? Encoding.UTF8.GetString(decoded) : null;
        return text is not null;
    }

    private static int DecodeFirst(ReadOnlySpan<char> raw, bool plusIsSpace, Span<byte> output, out int read)
    {
        if (raw[0] == '%' && raw.Length > 2 && byte.TryParse(raw.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte escaped))
        {
            read = 3;
            output[0] = escaped;
            return 1;
        }

        read = 1;
        if (raw[0] == '+' && plusIsSpace)
        {
            output[0] = (byte)' ';
            return 1;
        }

        // Beyond ASCII nothing comes unescaped from a client that keeps to RFC 3986: 0xFF makes the text invalid.
        output[0] = char.IsAscii(raw[0]) ? (byte)raw[0] : (byte)0xFF;
        return 1;
    }
}

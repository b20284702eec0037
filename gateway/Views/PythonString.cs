using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Views;

/// <summary>
/// A JSON string as Python orders and writes it, always given as it was received, between its quotes: unescaping it into a
/// <see cref="string"/> would allocate, and would fail on a lone surrogate, which Python reads and writes back.
/// </summary>
internal static class PythonString
{
    // What is received and written alike: Python escapes DEL too, and JSON has no bare quote or control character in a string.
    private static readonly SearchValues<byte> _plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (byte)code).Where(static code => code != '\\')]);

    /// <summary>Writes the string in quotes, everything but printable ASCII escaped.</summary>
    public static void Write(ReadOnlySpan<byte> received, JsonOutput output)
    {
        output.Write((byte)'"');
        while (received.IndexOfAnyExcept(_plain) is int plain and >= 0)
        {
            output.Write(received[..plain]);
            received = received[plain..];
            received = received[Decode(received, out int code)..];
            WriteDecoded(code, output);
        }

        output.Write(received);
        output.Write((byte)'"');
    }

    /// <summary>The order of Python's <c>str</c>, which is by code point: an emoji is above U+FFFD, unlike in UTF-16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        // The order of UTF-8 bytes is that of the code points, as long as nothing is escaped; and most names differ in their first letter.
        left is [not (byte)'\\' and var first, ..] && right is [not (byte)'\\' and var other, ..] && first != other
            ? first - other
            : CompareWhole(left, right);

    private static int CompareWhole(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (!left.Contains((byte)'\\') && !right.Contains((byte)'\\'))
        {
            return left.SequenceCompareTo(right);
        }

        while (!left.IsEmpty && !right.IsEmpty)
        {
            left = left[Decode(left, out int leftCode)..];
            right = right[Decode(right, out int rightCode)..];
            if (leftCode != rightCode)
            {
                return leftCode - rightCode;
            }
        }

        return left.Length - right.Length;
    }

    /// <summary>The first code point, which may be a lone surrogate, and how many bytes stand for it.</summary>
    private static int Decode(ReadOnlySpan<byte> received, out int code)
    {
        if (received[0] != '\\')
        {
            _ = Rune.DecodeFromUtf8(received, out Rune rune, out int length);
            code = rune.Value;
            return length;
        }

        if (received[1] != 'u')
        {
            code = Unescape(received[1]);
            return 2;
        }

        char first = CodeUnit(received);
        if (char.IsHighSurrogate(first) && received[6..].StartsWith("\\u"u8) && CodeUnit(received[6..]) is char second
            && char.IsLowSurrogate(second))
        {
            code = char.ConvertToUtf32(first, second);
            return 12;
        }

        code = first;
        return 6;
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static char Unescape(byte letter) => (char)letter switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' or '\\' or '/' => (char)letter,
        _ => throw new UnreachableException("The reader lets no other escape through."),
    };

    private static void WriteDecoded(int code, JsonOutput output)
    {
        switch (code)
        {
            case '\b': output.Write("\\b"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case >= ' ' and <= '~': output.Write((byte)code); break;
            case > char.MaxValue:
                // Python has no escape for a code point of its own beyond U+FFFF: it writes the two surrogates of UTF-16.
                WriteHex(0xD7C0 + (code >> 10), output);
                WriteHex(0xDC00 + (code & 0x3FF), output);
                break;
            default: WriteHex(code, output); break;
        }
    }

    private static void WriteHex(int codeUnit, JsonOutput output)
    {
        Span<byte> digits = stackalloc byte[4];
        _ = codeUnit.TryFormat(digits, out _, "x4", CultureInfo.InvariantCulture);
        output.Write("\\u"u8);
        output.Write(digits);
    }
}

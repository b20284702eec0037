using System.Globalization;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>A JSON number as Python writes it: an <c>int</c> digit for digit, a <c>float</c> by its <c>repr</c>.</summary>
internal static class PythonNumber
{
    // Python refuses to read a longer int, as its cost grows with the square of its length: the view would have failed.
    private const int MaxIntDigits = 4300;

    /// <summary>Writes a number that is valid JSON, and that may be written otherwise than it was received.</summary>
    public static void Write(ReadOnlySpan<byte> received, JsonOutput output)
    {
        if (received.ContainsAny(".eE"u8))
        {
            WriteFloat(double.Parse(received, NumberStyles.Float, CultureInfo.InvariantCulture), output);
            return;
        }

        if (received.TrimStart((byte)'-').Length > MaxIntDigits)
        {
            throw new JsonException($"An integer has more than the {MaxIntDigits} digits that Python reads.");
        }

        // Python's int has no negative zero, its float has.
        output.Write(received.SequenceEqual("-0"u8) ? "0"u8 : received);
    }

    /// <summary>
    /// Whether it is certain without a look at its value that Python writes the number as it was received: an int, or a float of up to 15
    /// digits, of which no two are the same double, so that such a one is its own shortest form.
    /// </summary>
    public static bool IsWrittenAsReceived(ReadOnlySpan<byte> received)
    {
        ReadOnlySpan<byte> digits = received[(received[0] == '-' ? 1 : 0)..];
        return digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? IsReprOfFloat(digits)
            : digits.Length <= MaxIntDigits && !received.SequenceEqual("-0"u8);
    }

    private static bool IsReprOfFloat(ReadOnlySpan<byte> digits)
    {
        int point = digits.IndexOf((byte)'.');
        if (point <= 0 || digits.Length > 16 || digits.ContainsAny("eE"u8))
        {
            return false;
        }

        ReadOnlySpan<byte> fraction = digits[(point + 1)..];
        // Below 0.0001 Python turns to the exponent.
        return fraction.Length == 1 || (fraction[^1] != '0' && !(digits[0] == '0' && fraction.StartsWith("0000"u8)));
    }

    private static void WriteFloat(double value, JsonOutput output)
    {
        // The shortest digits that read back as the same number, as in Python: at most 17, so 24 characters with all the rest.
        Span<byte> buffer = stackalloc byte[32];
        _ = value.TryFormat(buffer, out int length, "R", CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> text = buffer[..length];
        int exponent = text.IndexOf((byte)'E');
        if (exponent >= 0)
        {
            output.Write(text[..exponent]);
            output.Write("e"u8);
            output.Write(text[(exponent + 1)..]);
        }
        else if (double.IsFinite(value) && Math.Abs(value) >= 1e16)
        {
            WriteSeventeenDigits(text, output);
        }
        else
        {
            output.Write(text);
            output.Write(double.IsInteger(value) ? ".0"u8 : []);
        }
    }

    // .NET turns to the exponent at 1E+17, Python at 1e+16; on the side of the small numbers both do at 1e-05.
    private static void WriteSeventeenDigits(ReadOnlySpan<byte> text, JsonOutput output)
    {
        int first = text.StartsWith("-"u8) ? 2 : 1;
        ReadOnlySpan<byte> rest = text[first..].TrimEnd((byte)'0');
        output.Write(text[..first]);
        output.Write(rest.IsEmpty ? [] : "."u8);
        output.Write(rest);
        output.Write("e+16"u8);
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;

namespace Gateway.Views;

/// <summary>A string of a JSON document, among <see cref="JsonTokens"/> the one with rules of its own.</summary>
internal static class JsonString
{
    // Printable ASCII that stands for itself.
    private static readonly SearchValues<byte> _plain = Bytes(Enumerable.Range(' ', '~' - ' ' + 1).Except(['"', '\\']));

    // Where a string may end, or not go on as it is.
    private static readonly SearchValues<byte> _special = Bytes(Enumerable.Range(0, ' ').Concat(['"', '\\']));

    /// <summary>Where the string ends, behind its second quote.</summary>
    /// <param name="json">The document.</param>
    /// <param name="at">Where the string has to begin.</param>
    /// <param name="isPlain">It has neither escapes nor anything but printable ASCII.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOf(ReadOnlySpan<byte> json, int at, out bool isPlain)
    {
        if (json[at] != '"')
        {
            throw JsonTokens.Unexpected(json, at);
        }

        int length = json[(at + 1)..].IndexOfAnyExcept(_plain);
        int end = at + 1 + length;
        isPlain = length >= 0 && json[end] == '"';
        return isPlain ? end + 1 : EndOfText(json, at + 1);
    }

    /// <summary>Where a string ends that may have escapes and more than ASCII, from behind its first quote on.</summary>
    private static int EndOfText(ReadOnlySpan<byte> json, int at)
    {
        while (true)
        {
            int length = json[at..].IndexOfAny(_special);
            at = length < 0 ? json.Length : at + length;
            if (JsonTokens.IsAt(json, at, '"'))
            {
                return at + 1;
            }

            at = JsonTokens.IsAt(json, at, '\\') ? EndOfEscape(json, at + 1) : throw JsonTokens.Unexpected(json, at);
        }
    }

    /// <summary>Where an escape ends, from behind its backslash on.</summary>
    private static int EndOfEscape(ReadOnlySpan<byte> json, int at)
    {
        if (!JsonTokens.IsAt(json, at, 'u'))
        {
            return at < json.Length && "\"\\/bfnrt"u8.Contains(json[at]) ? at + 1 : throw JsonTokens.Unexpected(json, at);
        }

        int end = at + 5;
        while (++at < end)
        {
            if (at >= json.Length || !char.IsAsciiHexDigit((char)json[at]))
            {
                throw JsonTokens.Unexpected(json, at);
            }
        }

        return end;
    }

    private static SearchValues<byte> Bytes(IEnumerable<int> codes) => SearchValues.Create([.. codes.Select(static code => (byte)code)]);
}

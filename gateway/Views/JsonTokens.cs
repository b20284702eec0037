using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>
/// The tokens of a JSON document (RFC 8259) that is all there and valid UTF-8: each method is told where one begins, finds where it ends, and
/// refuses what is none. Nothing is kept between two calls, which is what makes it worth having beside <see cref="Utf8JsonReader"/>: with
/// that one, which can be left at any byte and taken up again, writing the hits of the benchmark took half as long again.
/// </summary>
internal static class JsonTokens
{
    /// <summary>How far objects and arrays may stand within each other. Python gives up at about a thousand, depending on who called it; no real answer comes near.</summary>
    public const int MaxDepth = 512;

    /// <summary>Where the next token begins, from a place between two on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Next(ReadOnlySpan<byte> json, int at) => (uint)at < (uint)json.Length && json[at] > ' ' ? at : NextBehindSpace(json, at);

    /// <summary>Goes to the next item of an object or array, from the end of its first byte or of its last item; or behind it, where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MoveNext(ReadOnlySpan<byte> json, ref int at, bool isFirst, byte close)
    {
        at = Next(json, at);
        if (json[at] == close)
        {
            at++;
            return false;
        }

        if (!isFirst)
        {
            at = NextBehind(json, at, (byte)',');
        }

        return true;
    }

    /// <summary>Where the value begins whose name ends here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextBehindColon(ReadOnlySpan<byte> json, int at) => NextBehind(json, Next(json, at), (byte)':');

    public static int EndOfNumber(ReadOnlySpan<byte> json, int at)
    {
        at += json[at] == '-' ? 1 : 0;
        at = IsAt(json, at, '0') ? at + 1 : EndOfDigits(json, at);
        if (IsAt(json, at, '.'))
        {
            at = EndOfDigits(json, at + 1);
        }

        if (IsAt(json, at, 'e') || IsAt(json, at, 'E'))
        {
            bool isSigned = IsAt(json, at + 1, '+') || IsAt(json, at + 1, '-');
            at = EndOfDigits(json, at + (isSigned ? 2 : 1));
        }

        return at;
    }

    /// <summary>The end of <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public static int EndOfLiteral(ReadOnlySpan<byte> json, int at) => json[at..] switch
    {
        [(byte)'t', (byte)'r', (byte)'u', (byte)'e', ..] or [(byte)'n', (byte)'u', (byte)'l', (byte)'l', ..] => at + 4,
        [(byte)'f', (byte)'a', (byte)'l', (byte)'s', (byte)'e', ..] => at + 5,
        _ => throw Unexpected(json, at),
    };

    public static int EndOfValue(ReadOnlySpan<byte> json, int at, int depth = 0) => json[at] switch
    {
        (byte)'{' => EndOfObject(json, at, Deeper(depth)),
        (byte)'[' => EndOfArray(json, at, Deeper(depth)),
        (byte)'"' => JsonString.EndOf(json, at, out _),
        (byte)'t' or (byte)'f' or (byte)'n' => EndOfLiteral(json, at),
        _ => EndOfNumber(json, at),
    };

    /// <summary>Nothing but space may stand behind the document.</summary>
    public static void RequireEnd(ReadOnlySpan<byte> json, int at)
    {
        if (IndexBehindSpace(json, at) is int other and >= 0)
        {
            throw Unexpected(json, other);
        }
    }

    /// <summary>The depth within an object or array.</summary>
    public static int Deeper(int depth) =>
        depth < MaxDepth ? depth + 1 : throw new JsonException($"More than {MaxDepth} objects and arrays stand within each other.");

    /// <summary>Whether this stands here, which may be behind the end.</summary>
    public static bool IsAt(ReadOnlySpan<byte> json, int at, char wanted) => (uint)at < (uint)json.Length && json[at] == wanted;

    /// <summary>What is said of a document that should not go on so.</summary>
    public static JsonException Unexpected(ReadOnlySpan<byte> json, int at) => at < json.Length
        ? new JsonException($"Byte {at} is 0x{json[at]:X2}, which cannot stand there.")
        : new JsonException("It ends too soon.");

    private static int EndOfObject(ReadOnlySpan<byte> json, int at, int depth)
    {
        at++;
        for (bool isFirst = true; MoveNext(json, ref at, isFirst, (byte)'}'); isFirst = false)
        {
            at = JsonString.EndOf(json, at, out _);
            at = EndOfValue(json, NextBehindColon(json, at), depth);
        }

        return at;
    }

    private static int EndOfArray(ReadOnlySpan<byte> json, int at, int depth)
    {
        at++;
        for (bool isFirst = true; MoveNext(json, ref at, isFirst, (byte)']'); isFirst = false)
        {
            at = EndOfValue(json, at, depth);
        }

        return at;
    }

    private static int EndOfDigits(ReadOnlySpan<byte> json, int at)
    {
        int start = at;
        while ((uint)at < (uint)json.Length && char.IsAsciiDigit((char)json[at]))
        {
            at++;
        }

        return at > start ? at : throw Unexpected(json, at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NextBehind(ReadOnlySpan<byte> json, int at, byte wanted) =>
        json[at] == wanted ? Next(json, at + 1) : throw Unexpected(json, at);

    private static int NextBehindSpace(ReadOnlySpan<byte> json, int at) =>
        IndexBehindSpace(json, at) is int next and >= 0 ? next : throw Unexpected(json, json.Length);

    /// <summary>Negative where there is nothing.</summary>
    private static int IndexBehindSpace(ReadOnlySpan<byte> json, int at) => json[at..].IndexOfAnyExcept(" \t\r\n"u8) is int space and >= 0 ? at + space : -1;
}

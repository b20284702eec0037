using System.Buffers;

namespace Gateway.Guard;

/// <summary>RFC 9110 §5.6.2: what names of methods and fields consist of.</summary>
internal static class Token
{
    private static readonly SearchValues<char> _characters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool Is(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(_characters);
}

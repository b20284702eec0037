using System.Buffers;
using System.Text;

namespace Gateway.Views;

/// <summary>Which texts can name an index, an alias or a data stream, by Elasticsearch's own rules; always fixed, for an index is never a client's choice.</summary>
internal static class IndexName
{
    public const string Rules =
        """must be the fixed name of an index, alias or data stream: small letters, not begun with - _ or +, without \ / * ? " < > | , # : { } and spaces.""";

    private const int MaxBytes = 255;

    /// <summary>The braces are ours: they would be a parameter.</summary>
    private static readonly SearchValues<char> _forbidden = SearchValues.Create("""\/*?"<>| ,#:{}""");

    public static bool IsUsable(string name) =>
        name is not ("" or "." or "..") && name[0] is not ('-' or '_' or '+') && !name.AsSpan().ContainsAny(_forbidden)
        && !name.Any(static character => char.IsUpper(character) || char.IsControl(character)) && Encoding.UTF8.GetByteCount(name) <= MaxBytes;
}

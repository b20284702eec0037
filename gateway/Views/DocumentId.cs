using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Views;

/// <summary>Which texts can be the last segment of a document's address and nothing else.</summary>
internal static partial class DocumentId
{
    private const int MaxBytes = 512;

    /// <summary>
    /// Refused are: what Elasticsearch does not store as an id (empty, longer than 512 bytes); dot segments, which lead to another address however they are
    /// escaped; control characters; and an underscore with nothing but small letters after it, which may be the name of an endpoint: a server 7.17
    /// answers <c>products/_doc/_search</c> with a search, and .NET's <see cref="Uri"/> does not let an underscore be escaped.
    /// </summary>
    public static bool IsUsable(string id) =>
        id is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(id) <= MaxBytes && !id.Any(char.IsControl) && !EndpointName.IsMatch(id);

    [GeneratedRegex("""\A_[a-z_]*\z""", RegexOptions.CultureInvariant)]
    private static partial Regex EndpointName { get; }
}

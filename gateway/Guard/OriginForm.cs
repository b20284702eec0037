namespace Gateway.Guard;

/// <summary>
/// A client may send its target in the absolute form, <c>http://host/path</c> (RFC 9112 §3.2.2). From here on it is the origin form, so
/// that whoever reads the target, to route it or to send it on, has to know that one only.
/// </summary>
internal static class OriginForm
{
    /// <summary>
    /// The path and the query as they came; null where the target is neither form, or has a user in it (RFC 9110 §4.2.4), or a NUL
    /// in its path, which Kestrel refuses in an origin form alone.
    /// </summary>
    public static string? Of(string target)
    {
        if (target.StartsWith('/'))
        {
            return target;
        }

        int scheme = target.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal);
        if (scheme < 0)
        {
            return null;
        }

        ReadOnlySpan<char> rest = target.AsSpan(scheme + Uri.SchemeDelimiter.Length);
        int end = rest.IndexOfAny('/', '?', '#') is >= 0 and int found ? found : rest.Length;
        int query = rest.IndexOf('?') is >= 0 and int mark ? mark : rest.Length;
        if (rest[..end].Contains('@') || rest[..query].Contains("%00", StringComparison.Ordinal))
        {
            return null;
        }

        return rest[end..] is ['/', ..] ? rest[end..].ToString() : string.Concat("/", rest[end..]);
    }

    /// <summary>
    /// The path as Kestrel decodes that of an origin form, by which routes are found. Of an absolute form it decodes <c>%2F</c> as well and turns
    /// backslashes round, and the same target would have another route.
    /// </summary>
    public static string PathOf(string target) => PathString.FromUriComponent(target.Split('?', 2)[0]).Value!;
}

namespace Gateway.Guard;

/// <summary>
/// Which request targets are clear. The app gets the target byte for byte, while routing decides on the decoded and normalised path:
/// whatever the two could read differently is refused.
/// </summary>
internal static class TargetRules
{
    public static bool IsClear(ReadOnlySpan<char> target)
    {
        if (target.Contains('#'))
        {
            // RFC 9110 §7.1: a fragment is never sent.
            return false;
        }

        int query = target.IndexOf('?');
        ReadOnlySpan<char> path = query < 0 ? target : target[..query];
        if (!path.StartsWith('/'))
        {
            // The absolute form, RFC 9112 §3.2.2: no user may stand in it (RFC 9110 §4.2.4).
            int authority = path.IndexOf("://") + 3;
            int slash = path[authority..].IndexOf('/');
            ReadOnlySpan<char> host = slash < 0 ? path[authority..] : path[authority..(authority + slash)];
            if (authority < 3 || host.Contains('@'))
            {
                return false;
            }

            path = slash < 0 ? "/" : path[(authority + slash)..];
        }

        return !path.ContainsAny('%', '.') || (IsEncodedWell(path) && !HasDotSegment(path));
    }

    /// <summary>Each percent sign has its two digits, and none spells a character in more bytes than UTF-8 gives it, which only attackers do.</summary>
    private static bool IsEncodedWell(ReadOnlySpan<char> path)
    {
        int before = -1;
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                before = -1;
                continue;
            }

            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return false;
            }

            int value = (Convert.FromHexString(path.Slice(i + 1, 2)))[0];
            if ((before, value) is (0xC0 or 0xC1, >= 0x80 and <= 0xBF) or (0xE0, >= 0x80 and <= 0x9F) or (0xF0, >= 0x80 and <= 0x8F))
            {
                return false;
            }

            before = value;
            i += 2;
        }

        return true;
    }

    /// <summary>A segment that is one or two dots, with dots, slashes and backslashes in any spelling, and whatever parameters after them.</summary>
    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        int dots = 0;
        bool onlyDots = true;
        for (int i = 0; i < path.Length;)
        {
            char character = Decoded(path[i..], out int length);
            i += length;
            switch (character)
            {
                case '/' or '\\' or ';' when onlyDots && dots is 1 or 2:
                    return true;
                case '/' or '\\':
                    (dots, onlyDots) = (0, true);
                    break;
                case '.':
                    dots++;
                    break;
                default:
                    onlyDots = false;
                    break;
            }
        }

        return onlyDots && dots is 1 or 2;
    }

    private static char Decoded(ReadOnlySpan<char> text, out int length)
    {
        length = text[0] == '%' ? 3 : 1;
        return text[0] == '%' ? (char)Convert.FromHexString(text.Slice(1, 2))[0] : text[0];
    }
}

using System.Globalization;

namespace Gateway.Guard;

/// <summary>
/// Which request targets are clear. The app gets the target byte for byte, while routing decides on the decoded and normalised path:
/// whatever the two could read differently is refused.
/// </summary>
internal static class TargetRules
{
    /// <param name="target">The target in its origin form.</param>
    public static bool IsClear(ReadOnlySpan<char> target)
    {
        // RFC 3986 §2: printable ASCII, without a space. A server that takes its request line apart at any white space, as Python's own
        // does, reads another path; and over HTTP/2 Kestrel lets a space pass, and what follows it become the version. RFC 9110 §7.1: a
        // fragment is never sent.
        if (target.ContainsAnyExceptInRange('!', '~') || target.Contains('#'))
        {
            return false;
        }

        int query = target.IndexOf('?');
        ReadOnlySpan<char> path = query < 0 ? target : target[..query];
        return !path.ContainsAny('%', '.') || (IsEncodedWell(path) && !HasDotSegment(path));
    }

    /// <summary>Whether each percent sign has its two digits, and none spells a character in more bytes than UTF-8 gives it, which only attackers do.</summary>
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

            if (!TryDecode(path[i..], out byte value)
                || (before, value) is (0xC0 or 0xC1, >= 0x80 and <= 0xBF) or (0xE0, >= 0x80 and <= 0x9F) or (0xF0, >= 0x80 and <= 0x8F))
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
        for (int i = 0; i < path.Length; i++)
        {
            int character = path[i];
            if (TryDecode(path[i..], out byte escaped))
            {
                character = escaped;
                i += 2;
            }

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

    /// <summary>True where the text begins with a percent sign and two hex digits.</summary>
    private static bool TryDecode(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text is ['%', _, _, ..] && byte.TryParse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

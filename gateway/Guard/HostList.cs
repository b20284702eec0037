using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Guard;

/// <summary>The hosts that are served: names, and suffixes of names. An empty list serves all.</summary>
internal sealed class HostList(IReadOnlyCollection<string> patterns)
{
    private const string Wildcard = "*.";

    private readonly FrozenSet<string> _names = patterns
        .Where(static pattern => !pattern.StartsWith(Wildcard, StringComparison.Ordinal)).Select(AsInRequests).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly string[] _suffixes =
        [.. patterns.Where(static pattern => pattern.StartsWith(Wildcard, StringComparison.Ordinal)).Select(static pattern => AsInRequests(pattern[1..]))];

    /// <summary>A name or an address without a port; <c>*.</c> before a name stands for at least one label.</summary>
    public static bool IsPattern(string text)
    {
        string name = text.StartsWith(Wildcard, StringComparison.Ordinal) ? text[Wildcard.Length..] : text;
        return Uri.CheckHostName(name) is not (UriHostNameType.Unknown or UriHostNameType.Basic);
    }

    /// <summary>Whether the port that follows, if any, is at most 65,535; that it has digits only is Kestrel's to see.</summary>
    public static bool HasGoodPort(ReadOnlySpan<char> host)
    {
        ReadOnlySpan<char> port = host[(host.LastIndexOfAny(':', ']') + 1)..];
        return port.Length == host.Length || port.Length < 5 || ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    /// <summary>Case does not matter, nor the port, nor the dot that ends a full name.</summary>
    public bool Serves(HostString host)
    {
        if (_names.Count == 0 && _suffixes.Length == 0)
        {
            return true;
        }

        string name = host.Host.TrimEnd('.');
        return _names.Contains(name) || HasSuffix(name);
    }

    /// <summary>Takes off the dot that ends a full name, and puts brackets around an IPv6 address.</summary>
    private static string AsInRequests(string pattern) => pattern.Contains(':') && !pattern.StartsWith('[') ? $"[{pattern}]" : pattern.TrimEnd('.');

    private bool HasSuffix(string name) =>
        Array.Exists(_suffixes, suffix => name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}

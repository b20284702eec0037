using System.Buffers;
using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Gateway.Guard;

/// <summary>What may stand in a header, and what of it only a trusted proxy may say.</summary>
internal sealed class FieldRules(IEnumerable<string> kept)
{
    /// <summary>Fields in which a proxy says who the client is and what it asked for; anybody else who sends one wants to be taken for somebody.</summary>
    private static readonly FrozenSet<string> _identity = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Forwarded", "Forwarded-For", "X-Forwarded", "X-Real-IP", "Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-For",
        "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-HTTP-Method", "X-HTTP-Method-Override",
        "X-Method-Override", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "Remote-User", "X-Remote-User", "Front-End-Https");

    /// <summary>Fields that decide where a message ends and where it goes: a twin of one is a trick too.</summary>
    private static readonly FrozenSet<string> _framing = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Content-Length", "Content-Type", "Transfer-Encoding", "X-Content-Length", "X-Loop", "Proxy-Authorization", "Proxy-Connection", "Keep-Alive");

    /// <summary>Fields that have one value: two of them would arrive as one with a comma, of which each reader takes what it likes.</summary>
    private static readonly FrozenSet<string> _single =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Content-Type", "Authorization", "Proxy-Authorization", "Range", "If-Modified-Since", "If-Unmodified-Since");

    private static readonly SearchValues<char> _controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7F).Select(static code => (char)code).Where(static character => character != '\t')]);

    private readonly FrozenSet<string> _kept = kept.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names are tokens, values have no control characters, and no name is another spelling of a field that means something here: to a
    /// WSGI app <c>X_Forwarded_For</c> and <c>X-Forwarded-For</c> are one. <paramref name="sayWhoTheClientIs"/> is true where a field
    /// does that only a trusted proxy may send.
    /// </summary>
    public bool AreClear(IHeaderDictionary fields, out bool sayWhoTheClientIs)
    {
        sayWhoTheClientIs = false;
        foreach ((string name, StringValues values) in fields)
        {
            if (!Token.Is(name) || (name.Contains('_') && MeansSomething(name.Replace('_', '-'))) || (values.Count > 1 && _single.Contains(name)))
            {
                return false;
            }

            sayWhoTheClientIs |= IsRemoved(name);
            foreach (string? value in values)
            {
                if (value.AsSpan().ContainsAny(_controls))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Removes what only a trusted proxy may say.</summary>
    public void RemoveIdentity(IHeaderDictionary fields)
    {
        foreach (string field in fields.Keys.Where(IsRemoved).ToArray())
        {
            fields.Remove(field);
        }
    }

    private static bool MeansSomething(string name) => _framing.Contains(name) || IsOfIdentity(name);

    /// <summary>Whether it is a proxy's to say this. Of some fields each has its own: Envoy's <c>X-Forwarded-Client-Cert</c>, oauth2-proxy's <c>X-Forwarded-Email</c>.</summary>
    private static bool IsOfIdentity(string name) =>
        _identity.Contains(name)
        || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Auth-Request-", StringComparison.OrdinalIgnoreCase);

    private bool IsRemoved(string name) => IsOfIdentity(name) && !_kept.Contains(name);
}

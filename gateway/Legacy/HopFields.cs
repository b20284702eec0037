using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Gateway.Legacy;

/// <summary>RFC 9110 §7.6.1: the fields that <c>Connection</c> names were for one hop, and end here, in both directions.</summary>
internal static class HopFields
{
    /// <summary>A sender may name any field; these make the message what it is, or are the servers' and clients' own to handle.</summary>
    private static readonly FrozenSet<string> _neverOfOneHop = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Connection", "Content-Length", "Content-Type", "Host", "Transfer-Encoding", "Upgrade", "Cache-Control");

    /// <summary>Removes the fields that <paramref name="connection"/>, the values of a message's own such field, names.</summary>
    public static void End(IHeaderDictionary fields, StringValues connection)
    {
        if (connection is [] or ["keep-alive" or "close" or "Upgrade" or "upgrade"])
        {
            return;
        }

        foreach (string? value in connection)
        {
            foreach (Range name in value.AsSpan().Split(','))
            {
                string field = value.AsSpan()[name].Trim().ToString();
                if (!_neverOfOneHop.Contains(field))
                {
                    fields.Remove(field);
                }
            }
        }
    }
}

using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Listening;

/// <summary>
/// What a listener shows and wants of who asks for a name: <c>shop.example</c>, <c>*.shop.example</c> for all names below one, <c>*</c>
/// for all others and for who names none.
/// </summary>
internal sealed record TlsName(string Pattern, LiveCertificate Certificate, SslProtocols Versions, ClientCertificateMode Clients, HttpProtocols Protocols)
{
    public const string Any = "*";

    /// <summary>How good the pattern fits; 0 where it does not. A name itself is better than any suffix, a long suffix better than a short one.</summary>
    public int Fit(string? name)
    {
        if (Pattern == Any)
        {
            return 1;
        }

        if (string.IsNullOrEmpty(name))
        {
            return 0;
        }

        bool isBelow = Pattern.StartsWith("*.", StringComparison.Ordinal) && name.Length >= Pattern.Length
            && name.EndsWith(Pattern[1..], StringComparison.OrdinalIgnoreCase);
        return isBelow ? Pattern.Length : Pattern.Equals(name, StringComparison.OrdinalIgnoreCase) ? int.MaxValue : 0;
    }

    /// <summary>The one that fits best; null where none does.</summary>
    public static TlsName? Best(IReadOnlyList<TlsName> names, string? name) => names.MaxBy(one => one.Fit(name)) is { } best && best.Fit(name) > 0 ? best : null;

    /// <summary>What is offered by ALPN, the best first.</summary>
    public List<SslApplicationProtocol> Offered()
    {
        List<SslApplicationProtocol> offered = [];
        if (Protocols.HasFlag(HttpProtocols.Http2))
        {
            offered.Add(SslApplicationProtocol.Http2);
        }

        if (Protocols.HasFlag(HttpProtocols.Http1))
        {
            offered.Add(SslApplicationProtocol.Http11);
        }

        return offered;
    }
}

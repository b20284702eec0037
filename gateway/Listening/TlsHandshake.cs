using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Listening;

/// <summary>The name for which a connection's handshake was, of those that its listener has.</summary>
internal sealed class TlsHandshake(IReadOnlyList<TlsName> names, TlsName shaken)
{
    /// <summary>
    /// Whether a request for this host may come over the connection: not where the host's own handshake would have wanted a certificate of
    /// the client and this one did not (RFC 9110 §7.4).
    /// </summary>
    public bool IsGoodFor(string host) =>
        shaken.Clients == ClientCertificateMode.RequireCertificate
        // A name with the dot of the root is the same name.
        || TlsName.Best(names, host.TrimEnd('.')) is not { Clients: ClientCertificateMode.RequireCertificate };
}

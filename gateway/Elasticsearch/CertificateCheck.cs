using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Files;

namespace Gateway.Elasticsearch;

/// <summary>Whether a node's certificate is believed, and if not, why; one check for one handshake.</summary>
/// <param name="pins">The SHA-256 of those that are; null where the authorities decide.</param>
internal sealed class CertificateCheck(byte[][]? pins)
{
    private const X509ChainStatusFlags Untimely = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotTimeNested;

    /// <summary>One of <see cref="Causes"/> and a sentence; null as long as nothing was refused.</summary>
    public (string Cause, string Sentence)? Refusal { get; private set; }

    /// <summary>The pins alone decide where there are any: who sets them does not want to believe whatever some authority has signed.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = (pins, certificate) switch
        {
            (not null, X509Certificate2 leaf) => RefusalByPin(leaf, chain),
            _ => RefusalByChain(chain, errors),
        };
        return Refusal is null;
    }

    private static (string, string)? RefusalByChain(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        X509ChainStatusFlags found = StatusOf(chain);
        if ((found & ~Untimely) != 0 || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return (Causes.UnknownAuthority, $"its certificate is not signed by an authority that is trusted ({found})");
        }

        return found != 0
            ? (Causes.CertificateExpired, $"its certificate is not valid now ({found})")
            : (Causes.WrongHost, "its certificate is for another host than the one in its URL");
    }

    /// <summary>
    /// A pin names the leaf, or an authority that really signed it: a certificate that a server merely sends along proves nothing.
    /// The host name does not count then, for the pin names the cluster better.
    /// </summary>
    private (string, string)? RefusalByPin(X509Certificate2 leaf, X509Chain? sent)
    {
        if (IsPinned(leaf))
        {
            return null;
        }

        if (sent?.ChainElements.FirstOrDefault(element => IsPinned(element.Certificate))?.Certificate is not { } authority)
        {
            return Mismatch();
        }

        using var chain = new X509Chain { ChainPolicy = PemFiles.TrustOnly([authority]) };
        foreach (X509ChainElement element in sent.ChainElements)
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        if (chain.Build(leaf))
        {
            return null;
        }

        X509ChainStatusFlags found = StatusOf(chain);
        return (found & ~Untimely) != 0 ? Mismatch() : (Causes.CertificateExpired, $"its certificate is not valid now ({found})");
    }

    private static (string, string) Mismatch() =>
        (Causes.FingerprintMismatch, "neither its certificate nor an authority that signed it has a fingerprint that is configured");

    private bool IsPinned(X509Certificate2 certificate) =>
        Array.Exists(pins!, pin => certificate.GetCertHash(HashAlgorithmName.SHA256).AsSpan().SequenceEqual(pin));

    private static X509ChainStatusFlags StatusOf(X509Chain? chain) =>
        chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, next) => all | next.Status) ?? X509ChainStatusFlags.NoError;
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Elasticsearch;

/// <summary>Whom the client believes to be the cluster. There is no way to switch the check off.</summary>
internal static class ClusterTls
{
    public static SslClientAuthenticationOptions Options(ElasticsearchOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (Authorities(options) is { } authorities)
        {
            tls.CertificateChainPolicy = TrustOnly(authorities);
        }

        if (options.CertificateFingerprint is { } fingerprint)
        {
            byte[] pin = Convert.FromHexString(fingerprint.Replace(":", "", StringComparison.Ordinal));
            // The pin alone decides: who sets one does not want to believe whatever some authority of the system has signed.
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                certificate is X509Certificate2 leaf && Matches(pin, leaf, chain);
        }

        return tls;
    }

    /// <summary>The authorities of the configured file; null where none is configured, or it does not exist, which its own check says.</summary>
    public static X509Certificate2Collection? Authorities(ElasticsearchOptions options)
    {
        if (options.CertificateAuthorityFile is not { } file || !File.Exists(file))
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("The file has none.");
    }

    /// <summary>
    /// The pin names the leaf, or an authority that really signed it: a certificate that a server merely sends along proves nothing.
    /// The host name does not count then, for the pin names the cluster better.
    /// </summary>
    private static bool Matches(byte[] pin, X509Certificate2 leaf, X509Chain? sent)
    {
        if (Is(pin, leaf))
        {
            return true;
        }

        if (sent?.ChainElements.FirstOrDefault(element => Is(pin, element.Certificate))?.Certificate is not { } authority)
        {
            return false;
        }

        using var chain = new X509Chain { ChainPolicy = TrustOnly([authority]) };
        foreach (X509ChainElement element in sent.ChainElements)
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }

    private static bool Is(byte[] pin, X509Certificate2 certificate) =>
        CryptographicOperations.FixedTimeEquals(pin, certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}

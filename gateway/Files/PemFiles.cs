using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Files;

/// <summary>Certificates and keys in PEM files: what they are, or in one sentence why they cannot be used.</summary>
internal static class PemFiles
{
    public static (X509Certificate2Collection? Authorities, string? Problem) Authorities(string file)
    {
        try
        {
            X509Certificate2Collection authorities = Certificates(file);
            return authorities.Count > 0 ? (authorities, null) : (null, $"the file '{file}' has no PEM certificate");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return (null, $"no PEM certificates can be read from the file '{file}': {unreadable.Message.TrimEnd('.')}");
        }
    }

    /// <summary>
    /// A certificate with its key, and whatever stands behind it in its file: the authorities between it and the one that the other side
    /// trusts. Without a file for the key it is a PKCS#12 file, which has all of that.
    /// </summary>
    public static (SslStreamCertificateContext? Context, string? Problem) Pair(string file, string? keyFile, string? password = null)
    {
        try
        {
            return (keyFile is null ? FromPkcs12(file, password) : FromPem(file, keyFile, password), null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (null, UnreadableFiles.Sentence(unreadable, file, keyFile));
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException)
        {
            // An ArgumentException is what .NET throws for an EC key of another certificate.
            return (null, keyFile is null
                ? $"the file '{file}' is no PKCS#12 file that can be opened with the password; a PEM certificate needs the file of its key beside it"
                : $"the files '{file}' and '{keyFile}' are not a certificate and its key, both PEM and the key {(password is null ? "without a" : "with the")} password");
        }
    }

    /// <summary>Trust in these authorities and in no others; nothing is fetched from where a certificate says that its issuer is.</summary>
    public static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static SslStreamCertificateContext FromPem(string file, string keyFile, string? password)
    {
        X509Certificate2 pair = password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);
        X509Certificate2Collection between = Certificates(file);
        between.RemoveAt(0);
        return SslStreamCertificateContext.Create(pair, between, offline: true);
    }

    private static SslStreamCertificateContext FromPkcs12(string file, string? password)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        X509Certificate2 pair = all.FirstOrDefault(static one => one.HasPrivateKey) ?? throw new CryptographicException("It has no key.");
        all.Remove(pair);
        return SslStreamCertificateContext.Create(pair, all, offline: true);
    }

    private static X509Certificate2Collection Certificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    }
}

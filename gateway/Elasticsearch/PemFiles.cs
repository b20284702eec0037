using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Elasticsearch;

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
        catch (Exception unusable) when (IsOfFiles(unusable))
        {
            return (null, $"no PEM certificates can be read from the file '{file}': {unusable.Message}");
        }
    }

    /// <summary>The client's certificate, with whatever stands behind it in its file: the authorities between it and the one that the node trusts.</summary>
    public static (SslStreamCertificateContext? Context, string? Problem) ClientCertificate(string file, string keyFile)
    {
        try
        {
            X509Certificate2 pair = X509Certificate2.CreateFromPemFile(file, keyFile);
            X509Certificate2Collection between = Certificates(file);
            between.RemoveAt(0);
            return (SslStreamCertificateContext.Create(pair, between, offline: true), null);
        }
        catch (Exception unusable) when (IsOfFiles(unusable))
        {
            return (null, $"the files '{file}' and '{keyFile}' are not a certificate and its key, both PEM and the key without a password");
        }
    }

    /// <summary>An <see cref="ArgumentException"/> is what .NET throws for an EC key of another certificate.</summary>
    private static bool IsOfFiles(Exception unusable) =>
        unusable is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;

    private static X509Certificate2Collection Certificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    }
}

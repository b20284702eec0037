using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Elasticsearch;

/// <summary>A certificate authority that lives as long as a test, as Elasticsearch makes one at its first start.</summary>
internal sealed class Authority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="name">Its subject.</param>
    /// <param name="signer">Who signed it; it signs itself where there is none.</param>
    public Authority(string name, Authority? signer = null)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (signer is null)
        {
            Certificate = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
            return;
        }

        using X509Certificate2 signed = request.Create(signer.Certificate, Now.AddDays(-20), Now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        Certificate = signed.CopyWithPrivateKey(_key);
    }

    public X509Certificate2 Certificate { get; }

    public string Fingerprint => FingerprintOf(Certificate);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static string FingerprintOf(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>A server's certificate for an address or a name, valid from ten days ago. It names the key that signed it, or only the name.</summary>
    public X509Certificate2 Issue(string host = "127.0.0.1", int days = 10, bool namesKey = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        if (namesKey)
        {
            request.CertificateExtensions.Add(
                X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        }

        using X509Certificate2 signed = request.Create(Certificate, Now.AddDays(-10), Now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A client's certificate with an RSA key.</summary>
    public X509Certificate2 IssueRsa()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var signer = X509SignatureGenerator.CreateForECDsa(_key);
        using X509Certificate2 signed = request.Create(Certificate.SubjectName, signer, Now.AddDays(-10), Now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}

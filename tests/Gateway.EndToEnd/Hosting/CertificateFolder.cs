using System.Security.Cryptography.X509Certificates;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A temporary folder of certificates, keys and secrets, each file replaced whole, as a rename does.</summary>
public sealed class CertificateFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopgate-files-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public string Read(string name) => File.ReadAllText(PathOf(name));

    public void Write(string name, params X509Certificate2[] certificates) =>
        Write(name, string.Join('\n', certificates.Select(static certificate => certificate.ExportCertificatePem())));

    /// <summary>NAME.pem with what stands behind the certificate, and NAME.key; the key first.</summary>
    public void WritePair(string name, X509Certificate2 certificate, params X509Certificate2[] behind)
    {
        Write(name + ".key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Write(name + ".pem", [certificate, .. behind]);
    }

    /// <param name="name">The file.</param>
    /// <param name="text">What it says from now on.</param>
    /// <param name="at">Its time, where that is not left to the clock.</param>
    public void Write(string name, string text, DateTime? at = null)
    {
        File.WriteAllText(PathOf(name + ".next"), text);
        File.SetLastWriteTimeUtc(PathOf(name + ".next"), at ?? File.GetLastWriteTimeUtc(PathOf(name + ".next")));
        File.Move(PathOf(name + ".next"), PathOf(name), overwrite: true);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

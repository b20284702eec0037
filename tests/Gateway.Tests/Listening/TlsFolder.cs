using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Listening;

/// <summary>A temporary folder of certificates. What lies under <c>current</c> is swapped as Kubernetes swaps a Secret: by a link to a folder.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopgate-tls-");
    private int _version;

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Write(string name, X509Certificate2 certificate)
    {
        File.WriteAllText(PathOf($"{name}.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf($"{name}.crt"), certificate.ExportCertificatePem());
    }

    /// <summary>Replaces a file whole, as a rename does.</summary>
    public void Write(string name, string text)
    {
        File.WriteAllText(PathOf($"{name}.next"), text);
        File.Move(PathOf($"{name}.next"), PathOf(name), overwrite: true);
    }

    public void Swap(X509Certificate2 certificate) =>
        SwapText(certificate.ExportCertificatePem(), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

    public void SwapText(string certificate, string key)
    {
        string next = PathOf($"version{++_version}");
        Directory.CreateDirectory(next);
        File.WriteAllText(Path.Combine(next, "tls.crt"), certificate);
        File.WriteAllText(Path.Combine(next, "tls.key"), key);
        File.CreateSymbolicLink(PathOf("next"), next);
        // In one step, which .NET does not do with a link to a folder.
        Assert.Equal(0, Rename(PathOf("next"), PathOf("current")));
    }

    public void Remove() => File.Delete(PathOf("current"));

    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);

    public void Dispose() => _folder.Delete(recursive: true);
}

using System.Net.Security;
using Gateway.Files;

namespace Gateway.Listening;

/// <summary>
/// A certificate of a listener, by Kestrel's own keys <c>Path</c>, <c>KeyPath</c> and <c>Password</c>. Its files are looked at for each
/// handshake, so that a renewed one is used without a restart, and without closing the listener as Kestrel would.
/// </summary>
internal sealed class LiveCertificate
{
    private readonly LiveFiles<SslStreamCertificateContext> _files;

    private LiveCertificate(string file, string? keyFile, string? password) =>
        _files = new(() => PemFiles.Pair(file, keyFile, password), file, keyFile);

    /// <summary>Makes it of a section that names files; null where the section names none, as a certificate of a store is Kestrel's to find.</summary>
    public static LiveCertificate? Of(IConfigurationSection section, string root)
    {
        string? key = section["KeyPath"];
        return section["Path"] is { Length: > 0 } file
            ? new LiveCertificate(Path.Combine(root, file), string.IsNullOrEmpty(key) ? null : Path.Combine(root, key), section["Password"])
            : null;
    }

    /// <summary>What the files say; what is wrong with them is said once.</summary>
    public SslStreamCertificateContext? Get(Action<string> say) => _files.Get(say);

    /// <summary>What the files say; null where they have never been usable.</summary>
    public SslStreamCertificateContext? Get(out string? problem) => _files.Get(out problem);
}

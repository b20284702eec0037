namespace Gateway.Listening;

/// <summary>What Kestrel's own keys for TLS do not have.</summary>
internal sealed class TlsOptions
{
    public const string Section = "Tls";

    /// <summary>
    /// PEM file of the authorities that may have signed the certificates of clients, where a listener asks for one
    /// (<c>ClientCertificateMode</c>); read again when it changes. Default: none, which means the system's.
    /// </summary>
    public string? ClientAuthorityFile { get; set; }
}

namespace Gateway.Elasticsearch;

/// <summary>Why a node could not be talked to, in the few words that logs, spans and metrics share.</summary>
internal static class Causes
{
    public const string CertificateExpired = "certificate_expired";
    public const string WrongHost = "wrong_host";
    public const string UnknownAuthority = "unknown_authority";
    public const string FingerprintMismatch = "fingerprint_mismatch";

    /// <summary>We speak TLS, the port does not.</summary>
    public const string TlsOnPlainPort = "tls_on_plain_port";

    /// <summary>The port speaks TLS, we do not.</summary>
    public const string PlainHttpOnTlsPort = "plain_http_on_tls_port";

    /// <summary>The handshake failed for another reason, such as a client certificate that the node does not take.</summary>
    public const string TlsFailed = "tls_failed";

    /// <summary>The connection ended before the answer began.</summary>
    public const string ConnectionEnded = "connection_ended";

    /// <summary>Whether somebody has to put something right before the node can be used, a setting or a certificate.</summary>
    public static bool IsForOperator(string cause) => cause is CertificateExpired or WrongHost or UnknownAuthority or FingerprintMismatch
        or TlsOnPlainPort or PlainHttpOnTlsPort or TlsFailed;
}

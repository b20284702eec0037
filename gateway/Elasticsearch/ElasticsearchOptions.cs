using System.ComponentModel.DataAnnotations;
using Gateway.Configuration;

namespace Gateway.Elasticsearch;

/// <summary>The cluster, how to prove who we are and who it is, and how long and how much we wait for it.</summary>
internal sealed class ElasticsearchOptions : IValidatableObject
{
    public const string Section = "Elasticsearch";

    /// <summary>URLs of the nodes, http or https, without user and password. Required outside Development, where a stand-in takes its place.</summary>
    public List<Uri> Nodes { get; } = [];

    /// <summary>API key, as <c>id:key</c> or encoded. Default: none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>File with an API key; read again when it changes. Default: none.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>User of basic authentication, with a password beside it. Default: none.</summary>
    public string? Username { get; set; }

    /// <summary>Password of basic authentication. Default: none.</summary>
    public string? Password { get; set; }

    /// <summary>File with the password; read again when it changes. Default: none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>A bearer token, such as a service account's, in visible ASCII. Default: none.</summary>
    public string? BearerToken { get; set; }

    /// <summary>File with a bearer token, such as a service account's; read again when it changes. Default: none.</summary>
    public string? BearerTokenFile { get; set; }

    /// <summary>PEM file with the authorities that may have signed the nodes' certificates; read again when it changes. Default: the system's.</summary>
    public string? CertificateAuthorityFile { get; set; }

    /// <summary>SHA-256 of the node's or its authority's certificate in hex, as Elasticsearch prints it at its first start. Default: none.</summary>
    [RegularExpression(Fingerprints.Pattern, ErrorMessage = "must be a SHA-256 in hex, 64 digits, colons allowed.")]
    public string? CertificateFingerprint { get; set; }

    /// <summary>File with such fingerprints, one a line, several while certificates are being exchanged; read again when it changes. Default: none.</summary>
    public string? CertificateFingerprintFile { get; set; }

    /// <summary>PEM file with the certificate by which the nodes know us, and the authorities behind it; read again when it changes. Default: none.</summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>PEM file with its key, PKCS#8, PKCS#1 or EC, without a password; read again when it changes. Default: none.</summary>
    public string? ClientCertificateKeyFile { get; set; }

    /// <summary>How long a connection may take to open, TLS included; 1 ms to 5 minutes. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00", ErrorMessage = "must be between 00:00:00.001 and 00:05:00.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one node may take for one whole answer; 1 ms to 1 hour. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ErrorMessage = "must be between 00:00:00.001 and 01:00:00.")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long all attempts together may take; 1 ms to 1 hour. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ErrorMessage = "must be between 00:00:00.001 and 01:00:00.")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many more nodes a call may try after the first one; 0 to 100. Default: all others.</summary>
    [Range(0, 100, ErrorMessage = "must be between 0 and 100.")]
    public int? MaxRetries { get; set; }

    /// <summary>Whether the cluster is asked which nodes it has; then those are used, dedicated masters left out. Default false.</summary>
    public bool Sniffing { get; set; }

    /// <summary>How often it is asked, beside at the start and after failures; 1 s to 1 day. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00.")]
    public TimeSpan SniffingInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many connections to one node may be open at once; 1 to 10,000. Default 80.</summary>
    [Range(1, 10_000, ErrorMessage = "must be between 1 and 10000.")]
    public int MaxConnectionsPerNode { get; set; } = 80;

    /// <summary>How many requests may wait for a connection, to whichever node; more are answered 503 at once; 0 to 1,000,000. Default 1,000.</summary>
    [Range(0, 1_000_000, ErrorMessage = "must be between 0 and 1000000.")]
    public int MaxWaiting { get; set; } = 1000;

    /// <summary>The longest answer in bytes; a longer one is a 502; 1 KiB to 1 GiB. Default 10 MiB.</summary>
    [Range(1024, 1 << 30, ErrorMessage = "must be between 1024 and 1073741824.")]
    public int MaxAnswerBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>Age at which a connection is replaced, so that a changed address is noticed; 1 s to 1 day. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00.")]
    public TimeSpan PooledConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an idle connection is kept; 1 s to 1 day. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00.")]
    public TimeSpan PooledConnectionIdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Nodes.Count == 0)
        {
            yield return Wrong("the URL of a node is required, such as http://127.0.0.1:9200.", nameof(Nodes));
        }

        if (Nodes.Exists(HttpAddress.HasMore))
        {
            yield return Wrong("a node's URL has no user, password, query or fragment; credentials have keys of their own.", nameof(Nodes));
        }

        (string Key, string? Value)[] secrets = [(nameof(ApiKey), ApiKey), (nameof(BearerToken), BearerToken)];
        foreach ((string key, _) in secrets.Where(static secret => secret.Value.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            yield return Wrong("must consist of visible ASCII characters.", key);
        }

        if (Credentials() is { Count: > 1 } several)
        {
            yield return Wrong($"only one kind of credentials can be used; {string.Join(" and ", several)} are given.", [.. several]);
        }

        if (Username is null != (Password is null && PasswordFile is null))
        {
            yield return Wrong("a user needs a password (Password or PasswordFile), and a password a user.", nameof(Username), nameof(Password), nameof(PasswordFile));
        }

        if (Password is not null && PasswordFile is not null)
        {
            yield return Wrong("Password and PasswordFile exclude each other.", nameof(PasswordFile), nameof(Password));
        }

        if (CertificateFingerprint is not null && CertificateFingerprintFile is not null)
        {
            yield return Wrong("CertificateFingerprint and CertificateFingerprintFile exclude each other.", nameof(CertificateFingerprintFile), nameof(CertificateFingerprint));
        }

        if (ClientCertificateFile is null != (ClientCertificateKeyFile is null))
        {
            yield return Wrong("a client certificate needs its key, and a key its certificate.", nameof(ClientCertificateFile), nameof(ClientCertificateKeyFile));
        }

        (string Key, string? Path)[] files =
        [
            (nameof(ApiKeyFile), ApiKeyFile), (nameof(PasswordFile), PasswordFile), (nameof(BearerTokenFile), BearerTokenFile),
            (nameof(CertificateAuthorityFile), CertificateAuthorityFile), (nameof(CertificateFingerprintFile), CertificateFingerprintFile),
            (nameof(ClientCertificateFile), ClientCertificateFile), (nameof(ClientCertificateKeyFile), ClientCertificateKeyFile),
        ];
        foreach ((string key, string? path) in files.Where(static file => file.Path is not null && !File.Exists(file.Path)))
        {
            yield return Wrong($"the file '{path}' does not exist.", key);
        }
    }

    private List<string> Credentials()
    {
        (string Key, string? Value)[] kinds =
        [
            (nameof(ApiKey), ApiKey), (nameof(ApiKeyFile), ApiKeyFile), (nameof(Username), Username), (nameof(BearerToken), BearerToken),
            (nameof(BearerTokenFile), BearerTokenFile),
        ];
        return [.. kinds.Where(static kind => kind.Value is not null).Select(static kind => kind.Key)];
    }

    private static ValidationResult Wrong(string sentence, params string[] keys) => new(sentence, keys);
}

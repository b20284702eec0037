using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Files;

namespace Gateway.Elasticsearch;

/// <summary>
/// The handshake with a node: whom we believe to be the cluster, and who we say we are. There is no way to switch the check off. The
/// files are looked at for each new connection, so that a changed one is used without a restart.
/// </summary>
internal sealed partial class ClusterTls(ElasticsearchOptions options, ILogger logger)
{
    private readonly LiveFiles<X509Certificate2Collection>? _authorities = options.CertificateAuthorityFile is { } file
        ? new(() => PemFiles.Authorities(file), file)
        : null;

    private readonly LiveFiles<SslStreamCertificateContext>? _ours = options is { ClientCertificateFile: { } file, ClientCertificateKeyFile: { } key }
        ? new(() => PemFiles.Pair(file, key), file, key)
        : null;

    private readonly byte[][]? _fixedPins = options.CertificateFingerprint is { } fingerprint ? [Fingerprints.Bytes(fingerprint)] : null;

    private readonly LiveFiles<byte[][]>? _livePins = options.CertificateFingerprintFile is { } file ? new(() => Fingerprints.Read(file), file) : null;

    /// <summary>Makes TLS of a connection.</summary>
    /// <exception cref="TlsException">The handshake failed; it says why.</exception>
    public async Task<SslStream> AuthenticateAsync(Stream connection, string host, CancellationToken cancellation)
    {
        // A file that has never had any pins nobody.
        byte[][]? pins = _livePins is null ? _fixedPins : Current(_livePins) ?? [];
        var check = new CertificateCheck(pins);
        var tls = new SslStream(connection);
        try
        {
            await tls.AuthenticateAsClientAsync(OptionsFor(host, check, isPinned: pins is not null), cancellation);
            return tls;
        }
        catch (AuthenticationException failed)
        {
            await tls.DisposeAsync();
            (string cause, string sentence) = check.Refusal ?? CauseOf(failed);
            throw new TlsException(cause, sentence, failed);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private SslClientAuthenticationOptions OptionsFor(string host, CertificateCheck check, bool isPinned) => new()
    {
        TargetHost = host,
        ClientCertificateContext = Current(_ours),
        // Without a pin and a file the system's authorities count, and never in their place: a file that is gone trusts nobody.
        CertificateChainPolicy = !isPinned && _authorities is null ? null : PemFiles.TrustOnly(Current(_authorities) ?? []),
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => check.Accepts(certificate, chain, errors),
    };

    /// <summary>What the files say now; of a version that cannot be used it is said once, and the one before stays in use.</summary>
    private T? Current<T>(LiveFiles<T>? files)
        where T : class => files?.Get(problem => Log.KeepsRunning(logger, problem));

    /// <summary>Only what is no record of TLS at all makes .NET give up without an error of OpenSSL's beneath.</summary>
    private static (string Cause, string Sentence) CauseOf(Exception failed) =>
        failed.InnerException is { } inner
            ? (Causes.TlsFailed, $"the TLS handshake failed: {(inner.InnerException ?? inner).Message}")
            : (Causes.TlsOnPlainPort, "TLS was spoken to a port that does not speak it: its URL has to begin with http");

    private static partial class Log
    {
        [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "Elasticsearch's TLS: {Problem}; what was in use before stays in use.")]
        public static partial void KeepsRunning(ILogger logger, string problem);
    }
}

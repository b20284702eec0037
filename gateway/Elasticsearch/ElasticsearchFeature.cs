using Gateway.Configuration;
using Gateway.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Elasticsearch;

/// <summary>The long-lived client of the cluster.</summary>
internal static class ElasticsearchFeature
{
    public static void AddElasticsearch(this WebApplicationBuilder builder)
    {
        ElasticsearchOptions options = builder.AddSettings<ElasticsearchOptions>(
            ElasticsearchOptions.Section,
            static options => UnusableFiles(options).Select(static file => $"{ElasticsearchOptions.Section}:{file.Key}: {file.Problem}."));
        builder.Services.AddSingleton<ElasticsearchClient>();
        if (options.Sniffing)
        {
            builder.Services.AddHostedService<SniffingService>();
        }
    }

    /// <summary>Files that do not exist are named by the options' own check.</summary>
    private static IEnumerable<(string Key, string Problem)> UnusableFiles(ElasticsearchOptions options)
    {
        (string key, string? secret) = options switch
        {
            { ApiKeyFile: { } file } => (nameof(options.ApiKeyFile), file),
            { BearerTokenFile: { } file } => (nameof(options.BearerTokenFile), file),
            _ => (nameof(options.PasswordFile), options.PasswordFile),
        };
        if (File.Exists(secret) && !new Credentials(options, NullLogger.Instance).TryGet(out _, out string? noSecret))
        {
            yield return (key, noSecret);
        }

        if (options.CertificateAuthorityFile is { } authorities && File.Exists(authorities) && PemFiles.Authorities(authorities).Problem is { } noAuthority)
        {
            yield return (nameof(options.CertificateAuthorityFile), noAuthority);
        }

        if (options.CertificateFingerprintFile is { } pins && File.Exists(pins) && Fingerprints.Read(pins).Problem is { } noFingerprint)
        {
            yield return (nameof(options.CertificateFingerprintFile), noFingerprint);
        }

        if (options is { ClientCertificateFile: { } ours, ClientCertificateKeyFile: { } ourKey } && File.Exists(ours) && File.Exists(ourKey)
            && PemFiles.Pair(ours, ourKey).Problem is { } noPair)
        {
            yield return (nameof(options.ClientCertificateFile), noPair);
        }
    }
}

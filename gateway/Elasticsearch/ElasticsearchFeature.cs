using Gateway.Configuration;
using Gateway.Files;

namespace Gateway.Elasticsearch;

/// <summary>The long-lived client of the cluster.</summary>
internal static class ElasticsearchFeature
{
    public static void AddElasticsearch(this WebApplicationBuilder builder)
    {
        ElasticsearchOptions options = builder.AddSettings<ElasticsearchOptions>(ElasticsearchOptions.Section);
        builder.Services.AddSingleton<ElasticsearchClient>();
        if (options.Sniffing)
        {
            builder.Services.AddHostedService<SniffingService>();
        }

        // Files that do not exist are named by the options' own check.
        if (options.CertificateAuthorityFile is { } authorities && File.Exists(authorities) && PemFiles.Authorities(authorities).Problem is { } unusable)
        {
            builder.AddProblem($"{ElasticsearchOptions.Section}:{nameof(options.CertificateAuthorityFile)}: {unusable}.");
        }

        if (options is { ClientCertificateFile: { } ours, ClientCertificateKeyFile: { } key } && File.Exists(ours) && File.Exists(key)
            && PemFiles.Pair(ours, key).Problem is { } noPair)
        {
            builder.AddProblem($"{ElasticsearchOptions.Section}:{nameof(options.ClientCertificateFile)}: {noPair}.");
        }
    }
}

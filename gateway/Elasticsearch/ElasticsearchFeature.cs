using System.Security.Cryptography;
using Gateway.Configuration;

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

        try
        {
            ClusterTls.Authorities(options);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            builder.AddProblem($"{ElasticsearchOptions.Section}:{nameof(options.CertificateAuthorityFile)}: no PEM certificates can be read from it: {unreadable.Message}");
        }
    }
}

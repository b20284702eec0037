namespace Gateway.EndToEnd.Hosting;

/// <summary>The settings of each kind of credentials.</summary>
public static class ClusterCredentials
{
    /// <summary>With a secret that the cluster knows.</summary>
    public static async Task<string[]> OfAsync(string kind, SecureCluster cluster, CertificateFolder files)
    {
        if (kind.StartsWith("basic", StringComparison.Ordinal))
        {
            return Of(kind, SecureCluster.Password, files);
        }

        if (kind.StartsWith("service", StringComparison.Ordinal))
        {
            return Of(kind, await cluster.CreateServiceTokenAsync(), files);
        }

        (string id, string key, string encoded) = await cluster.CreateApiKeyAsync();
        return Of(kind, kind.EndsWith("encoded", StringComparison.Ordinal) ? encoded : $"{id}:{key}", files);
    }

    /// <summary>With any secret; what goes into a file has a file of its own.</summary>
    public static string[] Of(string kind, string secret, CertificateFolder files)
    {
        string file = $"{Guid.NewGuid():N}";
        if (kind.EndsWith("file", StringComparison.Ordinal))
        {
            files.Write(file, secret + "\n");
        }

        return kind switch
        {
            "basic" => [$"--Elasticsearch:Username={SecureCluster.User}", $"--Elasticsearch:Password={secret}"],
            "basic from a file" => [$"--Elasticsearch:Username={SecureCluster.User}", $"--Elasticsearch:PasswordFile={files.PathOf(file)}"],
            "API key from a file" => [$"--Elasticsearch:ApiKeyFile={files.PathOf(file)}"],
            "service token from a file" => [$"--Elasticsearch:BearerTokenFile={files.PathOf(file)}"],
            _ => [$"--Elasticsearch:ApiKey={secret}"],
        };
    }
}

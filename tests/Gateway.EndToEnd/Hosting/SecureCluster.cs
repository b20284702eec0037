using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gateway.Tests.Elasticsearch;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A real Elasticsearch with security and TLS, of an authority that is made for it.</summary>
public sealed class SecureCluster : IDisposable
{
    public const string User = "elastic";
    public const string Password = "pw-3a91c5d7e2";

    private readonly Authority _authority;
    private readonly HttpClient _client;

    private SecureCluster(Uri address, Authority authority, CertificateFolder files, string fingerprint)
    {
        (Address, _authority, Files, Fingerprint) = (address, authority, files, fingerprint);
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority.Certificate },
        };
        _client = new HttpClient(handler) { BaseAddress = address };
        _client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
    }

    public Uri Address { get; }

    public CertificateFolder Files { get; }

    /// <summary>Of the node's own certificate.</summary>
    public string Fingerprint { get; }

    /// <summary>Of the authority's, which is what Elasticsearch prints.</summary>
    public string AuthorityFingerprint => _authority.Fingerprint;

    /// <summary>The setting by which the gateway believes it.</summary>
    public string Trust => $"--Elasticsearch:CertificateAuthorityFile={Files.PathOf("ca.pem")}";

    public static async Task<SecureCluster> StartAsync(ProcessSet processes)
    {
        var authority = new Authority("cluster");
        var files = new CertificateFolder();
        using X509Certificate2 node = authority.Issue();
        files.Write("ca.pem", authority.Certificate);
        files.WritePair("node", node, authority.Certificate);
        using X509Certificate2 expired = authority.Issue(days: -1);
        files.WritePair("expired", expired);
        using X509Certificate2 elsewhere = authority.Issue("es02.example");
        files.WritePair("elsewhere", elsewhere);
        Uri address = await ElasticsearchServer.RunAsync(
            processes, ElasticsearchServer.New, "--password", Password, "--tls-cert", files.PathOf("node.pem"), "--tls-key", files.PathOf("node.key"));
        return new SecureCluster(address, authority, files, Authority.FingerprintOf(node));
    }

    /// <summary>A new API key.</summary>
    public async Task<(string Id, string Key, string Encoded)> CreateApiKeyAsync()
    {
        using HttpResponseMessage answer = await _client.PostAsJsonAsync("/_security/api_key", new { name = $"{Guid.NewGuid()}" });
        JsonElement key = await ReadAsync(answer);
        return (key.GetProperty("id").GetString()!, key.GetProperty("api_key").GetString()!, key.GetProperty("encoded").GetString()!);
    }

    public async Task InvalidateApiKeyAsync(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/_security/api_key") { Content = JsonContent.Create(new { ids = new[] { id } }) };
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(1, (await ReadAsync(answer)).GetProperty("invalidated_api_keys").GetArrayLength());
    }

    /// <summary>A new bearer token of a service account that may read <c>GET /</c>.</summary>
    public async Task<string> CreateServiceTokenAsync()
    {
        using HttpResponseMessage answer = await _client.PostAsync($"/_security/service/elastic/fleet-server/credential/token/{Guid.NewGuid():N}", null);
        return (await ReadAsync(answer)).GetProperty("token").GetProperty("value").GetString()!;
    }

    public void Dispose()
    {
        _client.Dispose();
        _authority.Dispose();
        Files.Dispose();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}

using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>How the gateway and a real Elasticsearch prove to each other who they are.</summary>
public sealed class SecureClusterTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Wrong = "d3JvbmctaWQ6d3Jvbmcta2V5LTdm";

    [Theory]
    [InlineData("basic")]
    [InlineData("basic from a file")]
    [InlineData("API key, id and key")]
    [InlineData("API key, encoded")]
    [InlineData("API key from a file")]
    [InlineData("service token from a file")]
    public async Task Each_kind_of_credentials_opens_the_cluster_and_a_wrong_one_does_not(string kind)
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        using var files = new CertificateFolder();
        GatewayProcess right = await StartAsync(cluster, [cluster.Trust, .. await ClusterCredentials.OfAsync(kind, cluster, files)]);
        GatewayProcess wrong = await StartAsync(cluster, [cluster.Trust, .. ClusterCredentials.Of(kind, Wrong, files)]);

        Answer answer = await Load.GetAsync(right.Client, "/");
        IReadOnlyList<Answer> refused = await Load.InARowAsync(wrong.Client, "/", 3);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Contains("8.19.21", answer.Text, StringComparison.Ordinal);
        Assert.All(refused, static one => Assert.Equal(HttpStatusCode.BadGateway, one.Status));
        await wrong.SaysAsync(401);
        Assert.Contains("status 401", Assert.Single(wrong.Log, static entry => entry.EventId == 401).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(right.Log, static entry => entry.LogLevel is "Warning" or "Error");
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("authority")]
    public async Task The_fingerprint_of_the_nodes_certificate_or_of_its_authority_is_enough(string whose)
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        string fingerprint = whose == "certificate" ? cluster.Fingerprint : cluster.AuthorityFingerprint;

        GatewayProcess gateway = await StartAsync(cluster, [.. Basic, $"--Elasticsearch:CertificateFingerprint={fingerprint}"]);

        Assert.Equal(HttpStatusCode.OK, (await Load.GetAsync(gateway.Client, "/")).Status);
    }

    [Fact]
    public async Task A_wrong_fingerprint_is_called_so()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        string wrong = cluster.Fingerprint[2..] + (cluster.Fingerprint[..2] == "00" ? "01" : "00");

        await RefusesAsync("fingerprint_mismatch", await StartAsync(cluster, [.. Basic, $"--Elasticsearch:CertificateFingerprint={wrong}"]));
    }

    [Fact]
    public async Task An_unknown_authority_is_called_so()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();

        await RefusesAsync("unknown_authority", await StartAsync(cluster, Basic));
    }

    [Theory]
    [InlineData("expired", "certificate_expired")]
    [InlineData("elsewhere", "wrong_host")]
    public async Task A_certificate_that_is_over_or_of_another_host_is_called_so(string pair, string cause)
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        int port = Loopback.FreePort();
        await NginxServer.StartAsync(Processes, cluster.Files, cluster.Address, [(port, pair)]);

        await RefusesAsync(cause, await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, new Uri($"https://127.0.0.1:{port}"), [cluster.Trust, .. Basic]));
    }

    [Fact]
    public async Task Plain_http_on_elasticsearchs_port_with_tls_is_called_so()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        var plain = new Uri($"http://127.0.0.1:{cluster.Address.Port}");

        await RefusesAsync("plain_http_on_tls_port", await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, plain, Basic));
    }

    [Fact]
    public async Task Plain_http_on_nginxs_port_with_tls_is_called_so()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        int port = Loopback.FreePort();
        await NginxServer.StartAsync(Processes, cluster.Files, cluster.Address, [(port, "node")]);

        await RefusesAsync("plain_http_on_tls_port", await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, new Uri($"http://127.0.0.1:{port}"), Basic));
    }

    [Theory]
    [InlineData(ElasticsearchServer.Old)]
    [InlineData(ElasticsearchServer.New)]
    public async Task Tls_on_elasticsearchs_plain_port_is_called_so(string version)
    {
        ElasticsearchServer server = await Servers.ElasticsearchAsync(version);

        await RefusesAsync("tls_on_plain_port", await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, new Uri($"https://127.0.0.1:{server.Address.Port}")));
    }

    private static string[] Basic => [$"--Elasticsearch:Username={SecureCluster.User}", $"--Elasticsearch:Password={SecureCluster.Password}"];

    private Task<GatewayProcess> StartAsync(SecureCluster cluster, string[] settings) =>
        GatewayProcess.StartAsync(Processes, Loopback.Nowhere, cluster.Address, settings);

    /// <summary>An error of the gateway's own; the cause is in the log, once, and on the span of the operation.</summary>
    private static async Task RefusesAsync(string cause, GatewayProcess gateway)
    {
        IReadOnlyList<Answer> answers = await Load.InARowAsync(gateway.Client, "/", 3);

        Assert.All(answers, static answer => Assert.Contains((int)answer.Status, (int[])[502, 503]));
        await gateway.SaysAsync(400);
        Assert.Contains($" {cause}: ", Assert.Single(gateway.Log, static entry => entry.EventId == 400).Message, StringComparison.Ordinal);
        IEnumerable<Span> operations = (await gateway.TracesAsync(3)).SelectMany(static trace => trace).Where(static span => span.Name == "info");
        Assert.All(operations, operation => Assert.Equal(cause, operation["error.type"]));
    }
}

using System.Security.Cryptography.X509Certificates;
using Gateway.EndToEnd.Hosting;
using Gateway.Tests.Elasticsearch;

namespace Gateway.EndToEnd;

/// <summary>Secrets, certificates and addresses that change under load, without a request lost.</summary>
public sealed class RotationTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Clients = 12;

    /// <summary>What a cold server on a busy machine may need: the time limits are not what is tested here.</summary>
    private static readonly string[] _settings =
        ["--Elasticsearch:ConnectTimeout=00:00:20", "--Elasticsearch:AttemptTimeout=00:00:20", "--Elasticsearch:TotalTimeout=00:00:20", "--Views:info:SingleFlight=false"];

    /// <summary>Where all versions of the file have the same time, only the cluster's refusal tells the gateway that there is another.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_api_key_takes_over_from_one_that_is_revoked_right_after(bool sameTime)
    {
        DateTime? at = sameTime ? new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc) : null;
        SecureCluster cluster = await Servers.SecureClusterAsync();
        using var files = new CertificateFolder();
        (string id, string key, _) = await cluster.CreateApiKeyAsync();
        files.Write("api-key", $"{id}:{key}", at);
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, Loopback.Nowhere, cluster.Address, [cluster.Trust, $"--Elasticsearch:ApiKeyFile={files.PathOf("api-key")}", .. _settings]);
        await using var load = new SteadyLoad(gateway.Address, "/", Clients);

        for (int i = 0; i < 5; i++)
        {
            await load.MoreAsync(200);
            (string nextId, string nextKey, _) = await cluster.CreateApiKeyAsync();
            files.Write("api-key", $"{nextId}:{nextKey}", at);
            await cluster.InvalidateApiKeyAsync(id);
            id = nextId;
        }

        await load.MoreAsync(200);
        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        Assert.DoesNotContain(answers, static answer => answer.Status != 200);
        Output.WriteLine($"{answers.Count} answers over 5 rotations, none lost; slowest {answers.Max(static answer => answer.Took).TotalMilliseconds:0} ms");
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Warning" or "Error");
    }

    /// <summary>The server's certificate with its authority, and the client's: nginx's log bears witness that the new one was shown.</summary>
    [Fact]
    public async Task Certificates_of_both_sides_are_replaced_under_load()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        using var files = new CertificateFolder();
        using var before = new Authority("before");
        using var after = new Authority("after");
        using X509Certificate2 server = before.Issue();
        using X509Certificate2 nextServer = after.Issue();
        using X509Certificate2 client = before.Issue("gateway");
        using X509Certificate2 nextClient = before.Issue("gateway");
        files.Write("ca.pem", before.Certificate);
        files.Write("clients.pem", before.Certificate);
        files.WritePair("server", server);
        files.WritePair("client", client);
        int port = Loopback.FreePort();
        NginxServer nginx = await NginxServer.StartAsync(
            Processes, files, cluster.Address, [(port, "server")], $"ssl_verify_client on; ssl_client_certificate {files.PathOf("clients.pem")};");
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            Loopback.Nowhere,
            new Uri($"https://127.0.0.1:{port}"),
            [
                $"--Elasticsearch:CertificateAuthorityFile={files.PathOf("ca.pem")}",
                $"--Elasticsearch:ClientCertificateFile={files.PathOf("client.pem")}",
                $"--Elasticsearch:ClientCertificateKeyFile={files.PathOf("client.key")}",
                $"--Elasticsearch:Username={SecureCluster.User}",
                $"--Elasticsearch:Password={SecureCluster.Password}",
                "--Elasticsearch:PooledConnectionLifetime=00:00:01",
                .. _settings,
            ]);
        await using var load = new SteadyLoad(gateway.Address, "/", Clients);

        await load.MoreAsync(200);
        files.Write("ca.pem", before.Certificate, after.Certificate);
        files.WritePair("client", nextClient);
        files.WritePair("server", nextServer);
        await nginx.ReloadAsync();
        await Eventually.Holds(() => nginx.Requests.Any(request => IsOf(nextClient, request.Client)), "the new client certificate at nginx");
        files.Write("ca.pem", after.Certificate);
        long last = nginx.Requests.Max(static request => request.Connection);
        // Only the new authority can have let these begin.
        await Eventually.Holds(() => nginx.Requests.Count(request => request.Connection > last) > 500, "requests on later connections");

        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        Assert.DoesNotContain(answers, static answer => answer.Status != 200);
        Output.WriteLine($"{answers.Count} answers, none lost; slowest {answers.Max(static answer => answer.Took).TotalMilliseconds:0} ms");
        Assert.Contains(nginx.Requests, request => IsOf(client, request.Client));
        Assert.DoesNotContain(gateway.Log, static entry => entry.EventId is 400 or 401);
    }

    private static bool IsOf(X509Certificate2 certificate, string serial) =>
        certificate.SerialNumber.TrimStart('0').Equals(serial.TrimStart('0'), StringComparison.OrdinalIgnoreCase);
}

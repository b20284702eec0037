using System.Security.Cryptography.X509Certificates;
using Gateway.Elasticsearch;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Files of TLS that change while the gateway runs, and the certificate by which a node knows it.</summary>
public sealed class TlsFilesTests : IDisposable
{
    private readonly Authority _ours = new("ours");
    private readonly Authority _next = new("next");
    private readonly Folder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _ours.Dispose();
        _next.Dispose();
    }

    [Fact]
    public async Task A_changed_authority_is_used_for_the_next_connection()
    {
        using X509Certificate2 before = _ours.Issue();
        using X509Certificate2 after = _next.Issue();
        await using TlsNode node = await TlsNode.StartAsync(before);
        Write("ca.pem", _ours.Certificate.ExportCertificatePem(), minute: 0);
        await using Scene scene = await StartAsync(node);

        await scene.GetsInfoAsync();
        node.Show(after);
        await RefusedOnceNewAsync(scene);
        Write("ca.pem", _next.Certificate.ExportCertificatePem(), minute: 1);
        await WorksAgainAsync(scene);
    }

    [Theory]
    [InlineData("CertificateAuthorityFile", "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")]
    [InlineData("CertificateFingerprintFile", "a5:2d")]
    public async Task A_broken_file_leaves_what_is_running_in_use_and_is_said_once(string key, string broken)
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);
        await using Scene scene = await StartBelievingAsync(node, key, leaf);

        await scene.GetsInfoAsync();
        Write(key, broken, minute: 1);
        await NewConnectionsAsync(node, scene, 3);

        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal(402, said.Id);
        Assert.Contains(_folder.FileOf(key), said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_fingerprint_is_used_for_the_next_connection_and_two_are_believed_meanwhile()
    {
        using X509Certificate2 before = _ours.Issue();
        using X509Certificate2 after = _next.Issue();
        await using TlsNode node = await TlsNode.StartAsync(before);
        const string Pins = "CertificateFingerprintFile";
        await using Scene scene = await StartBelievingAsync(node, Pins, before);

        await scene.GetsInfoAsync();
        Write(Pins, $"sha256 Fingerprint={Authority.FingerprintOf(before)}\n\n{Authority.FingerprintOf(after)}\n", minute: 1);
        await NewConnectionsAsync(node, scene, 1);
        node.Show(after);
        await NewConnectionsAsync(node, scene, 2);
        Assert.Empty(scene.Said);

        Write(Pins, Authority.FingerprintOf(before), minute: 2);
        await RefusedOnceNewAsync(scene);
        Assert.Contains($" {Causes.FingerprintMismatch}: ", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        Write(Pins, Authority.FingerprintOf(after), minute: 3);
        await WorksAgainAsync(scene);
    }

    /// <summary>The system's authorities are not believed in place of a file that is gone.</summary>
    [Theory]
    [InlineData("CertificateAuthorityFile")]
    [InlineData("CertificateFingerprintFile")]
    public async Task A_file_that_was_gone_before_its_first_use_means_that_nobody_is_believed(string key)
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);
        await using Scene scene = await StartBelievingAsync(node, key, leaf);

        File.Delete(_folder.FileOf(key));
        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, "No Elasticsearch node can be reached.");

        Assert.Equal([402, 400], scene.Said.Select(static said => said.Id));
        Assert.Equal(0, node.Requests);
    }

    [Theory]
    [InlineData("PKCS#8")]
    [InlineData("EC")]
    [InlineData("PKCS#1")]
    public async Task A_node_that_wants_a_certificate_gets_the_one_of_the_files(string kind)
    {
        using X509Certificate2 leaf = _ours.Issue();
        using X509Certificate2 client = kind == "PKCS#1" ? _next.IssueRsa() : _next.Issue("gateway");
        await using TlsNode node = await AdmittingAsync(leaf);
        WritePair(client, kind, minute: 0);
        await using Scene scene = await StartAsync(node, Pair());

        await scene.GetsInfoAsync();

        Assert.Equal([client.Thumbprint], node.Clients);
    }

    [Fact]
    public async Task The_authorities_behind_the_certificate_are_sent_along()
    {
        using var between = new Authority("between", _next);
        using X509Certificate2 leaf = _ours.Issue();
        using X509Certificate2 client = between.Issue("gateway");
        await using TlsNode node = await AdmittingAsync(leaf);
        WritePair(client, "PKCS#8", minute: 0, between.Certificate);
        await using Scene scene = await StartAsync(node, Pair());

        await scene.GetsInfoAsync();

        Assert.Equal([client.Thumbprint], node.Clients);
    }

    [Fact]
    public async Task A_node_that_wants_a_certificate_refuses_who_has_none()
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await AdmittingAsync(leaf);
        Write("ca.pem", _ours.Certificate.ExportCertificatePem(), minute: 0);
        await using Scene scene = await StartAsync(node);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.InRange((int)answer.StatusCode, 502, 503);
        Assert.Equal(0, node.Requests);
        Assert.Single(scene.Said);
    }

    [Fact]
    public async Task A_changed_certificate_is_shown_on_the_next_connection()
    {
        using X509Certificate2 leaf = _ours.Issue();
        using X509Certificate2 before = _next.Issue("gateway");
        using X509Certificate2 after = _next.Issue("gateway");
        await using TlsNode node = await AdmittingAsync(leaf);
        WritePair(before, "PKCS#8", minute: 0);
        await using Scene scene = await StartAsync(node, Pair());

        await scene.GetsInfoAsync();
        WritePair(after, "PKCS#8", minute: 1);
        await Eventually.Async(
            async () =>
            {
                await scene.GetsInfoAsync();
                return node.Clients[^1] == after.Thumbprint;
            },
            "a connection with the changed certificate");

        Assert.Equal([before.Thumbprint, after.Thumbprint], node.Clients.Distinct());
        Assert.Empty(scene.Said);
    }

    /// <summary>The certificate is written a moment before its key.</summary>
    [Fact]
    public async Task A_certificate_without_its_key_yet_leaves_the_running_pair_in_use()
    {
        using X509Certificate2 leaf = _ours.Issue();
        using X509Certificate2 before = _next.Issue("gateway");
        using X509Certificate2 after = _next.Issue("gateway");
        await using TlsNode node = await AdmittingAsync(leaf);
        WritePair(before, "PKCS#8", minute: 0);
        await using Scene scene = await StartAsync(node, Pair());

        await scene.GetsInfoAsync();
        Write("client.pem", after.ExportCertificatePem(), minute: 1);
        await NewConnectionsAsync(node, scene, 2);

        Assert.Equal([before.Thumbprint], node.Clients.Distinct());
        Assert.Equal(402, Assert.Single(scene.Said).Id);
    }

    private static (string, string)[] Short => [("PooledConnectionLifetime", "00:00:01"), ("PooledConnectionIdleTimeout", "00:00:01")];

    private async Task<TlsNode> AdmittingAsync(X509Certificate2 leaf)
    {
        TlsNode node = await TlsNode.StartAsync(leaf);
        node.Admit(_next.Certificate);
        return node;
    }

    private Task<Scene> StartAsync(TlsNode node, params (string, string)[] settings)
    {
        if (!File.Exists(_folder.FileOf("ca.pem")))
        {
            Write("ca.pem", _ours.Certificate.ExportCertificatePem(), minute: 0);
        }

        return Scene.StartAsync([node.Address], [("CertificateAuthorityFile", _folder.FileOf("ca.pem")), .. Short, .. settings]);
    }

    /// <summary>With a file called as its key, by which the node is believed.</summary>
    private Task<Scene> StartBelievingAsync(TlsNode node, string key, X509Certificate2 leaf)
    {
        Write(key, key == "CertificateFingerprintFile" ? Authority.FingerprintOf(leaf) + "\n" : _ours.Certificate.ExportCertificatePem(), minute: 0);
        return Scene.StartAsync([node.Address], [(key, _folder.FileOf(key)), .. Short]);
    }

    private (string, string)[] Pair() =>
        [("ClientCertificateFile", _folder.FileOf("client.pem")), ("ClientCertificateKeyFile", _folder.FileOf("client.key"))];

    /// <summary>The open connection serves until its life is over, which is what is waited for.</summary>
    private static Task RefusedOnceNewAsync(Scene scene) => Eventually.Async(
        async () =>
        {
            using HttpResponseMessage answer = await scene.GetAsync();
            return !answer.IsSuccessStatusCode;
        },
        "the first new connection, which shows the new certificate");

    private static Task WorksAgainAsync(Scene scene) => Eventually.Async(
        async () =>
        {
            using HttpResponseMessage answer = await scene.GetAsync();
            return answer.IsSuccessStatusCode;
        },
        "the changed authority in use");

    private static async Task NewConnectionsAsync(TlsNode node, Scene scene, int count)
    {
        int before = node.Connections;
        await Eventually.Async(
            async () =>
            {
                await scene.GetsInfoAsync();
                return node.Connections >= before + count;
            },
            $"{count} new connections");
    }

    private void WritePair(X509Certificate2 client, string kind, int minute, params X509Certificate2[] behind)
    {
        string key = kind switch
        {
            "EC" => client.GetECDsaPrivateKey()!.ExportECPrivateKeyPem(),
            "PKCS#1" => client.GetRSAPrivateKey()!.ExportRSAPrivateKeyPem(),
            _ => client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
        };
        Write("client.key", key, minute);
        Write("client.pem", string.Join('\n', behind.Prepend(client).Select(static one => one.ExportCertificatePem())), minute);
    }

    private void Write(string name, string text, int minute)
    {
        string next = _folder.FileOf(name + ".next");
        File.WriteAllText(next, text);
        // Not left to the clock of the file system, which may be coarse; and whole at once, as a rename is.
        File.SetLastWriteTimeUtc(next, new DateTime(2026, 1, 1, 0, minute, 0, DateTimeKind.Utc));
        File.Move(next, _folder.FileOf(name), overwrite: true);
    }
}

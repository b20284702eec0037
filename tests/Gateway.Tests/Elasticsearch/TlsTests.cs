using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Elasticsearch;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M11: whom the client believes to be the cluster, with certificates made for the test.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Authority _ours = new("ours");
    private readonly Authority _foreign = new("foreign");
    private readonly Folder _folder;

    public TlsTests() => _folder = new Folder(
        ("ours.pem", _ours.Certificate.ExportCertificatePem()),
        ("foreign.pem", _foreign.Certificate.ExportCertificatePem()),
        ("both.pem", _foreign.Certificate.ExportCertificatePem() + "\n" + _ours.Certificate.ExportCertificatePem()));

    public void Dispose()
    {
        _folder.Dispose();
        _ours.Dispose();
        _foreign.Dispose();
    }

    [Theory]
    [InlineData("ours.pem")]
    [InlineData("both.pem")]
    public async Task A_node_signed_by_the_authority_of_the_file_is_believed(string file)
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await BelievesAsync(node, Authority(file));
    }

    [Fact]
    public async Task A_node_signed_by_another_authority_is_refused()
    {
        using X509Certificate2 leaf = _foreign.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf, _foreign.Certificate);

        await RefusesAsync(node, Causes.UnknownAuthority, Authority("ours.pem"));
    }

    [Fact]
    public async Task A_node_of_an_unknown_authority_is_refused_where_nothing_is_configured()
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf, _ours.Certificate);

        await RefusesAsync(node, Causes.UnknownAuthority);
    }

    [Fact]
    public async Task A_node_with_the_name_of_another_is_refused()
    {
        using X509Certificate2 leaf = _ours.Issue("es02.example");
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await RefusesAsync(node, Causes.WrongHost, Authority("ours.pem"));
    }

    [Fact]
    public async Task A_node_whose_certificate_is_over_is_refused()
    {
        using X509Certificate2 leaf = _ours.Issue(days: -1);
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await RefusesAsync(node, Causes.CertificateExpired, Authority("ours.pem"));
    }

    /// <summary>Its clients notice nothing, so its operator has to be told.</summary>
    [Fact]
    public async Task A_node_whose_certificate_is_not_believed_is_named_though_another_answers()
    {
        using X509Certificate2 good = _ours.Issue();
        using X509Certificate2 bad = _foreign.Issue();
        await using TlsNode other = await TlsNode.StartAsync(good);
        await using TlsNode node = await TlsNode.StartAsync(bad);
        await using Scene scene = await Scene.StartAsync([node.Address, other.Address], Authority("ours.pem"));

        await scene.GetsInfoAsync();
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        await scene.GetsInfoAsync();

        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal(406, said.Id);
        Assert.Contains($"{node.Address.Authority} cannot be used and is passed over: {Causes.UnknownAuthority}: ", said.Message, StringComparison.Ordinal);
        Assert.Equal($"{node.Address.Authority} {Causes.UnknownAuthority}", TraceOfOne.Attribute(trace.Operation, "loopgate.elasticsearch.failed_nodes"));
        Assert.Null(TraceOfOne.Attribute(trace.Operation, "error.type"));
    }

    /// <summary>What an unknown authority says of dates and names is worth nothing.</summary>
    [Fact]
    public async Task An_unknown_authority_is_named_before_all_else()
    {
        using X509Certificate2 leaf = _foreign.Issue("es02.example", days: -1);
        await using TlsNode node = await TlsNode.StartAsync(leaf, _foreign.Certificate);

        await RefusesAsync(node, Causes.UnknownAuthority, Authority("ours.pem"));
    }

    [Fact]
    public async Task The_fingerprint_of_the_nodes_certificate_is_enough_whatever_its_name()
    {
        using X509Certificate2 leaf = _ours.Issue("es02.example");
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await BelievesAsync(node, Pin(Gateway.Tests.Elasticsearch.Authority.FingerprintOf(leaf)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_fingerprint_of_the_authority_is_enough_where_the_node_sends_it(bool colons)
    {
        using X509Certificate2 leaf = _ours.Issue("es02.example");
        await using TlsNode node = await TlsNode.StartAsync(leaf, _ours.Certificate);
        string withColons = string.Join(':', _ours.Fingerprint.Chunk(2).Select(static pair => new string(pair)));

        await BelievesAsync(node, Pin(colons ? withColons.ToLowerInvariant() : _ours.Fingerprint));
    }

    [Fact]
    public async Task The_fingerprint_of_the_authority_does_not_help_where_the_node_does_not_send_it()
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await RefusesAsync(node, Causes.FingerprintMismatch, Pin(_ours.Fingerprint));
    }

    /// <summary>Everybody has the certificate of the authority, and can send it along with one of their own.</summary>
    [Fact]
    public async Task The_authority_of_the_fingerprint_sent_along_by_somebody_else_is_no_proof()
    {
        using X509Certificate2 leaf = _foreign.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf, _foreign.Certificate, _ours.Certificate);
        await using TlsNode alone = await TlsNode.StartAsync(leaf, _ours.Certificate);

        await RefusesAsync(node, Causes.FingerprintMismatch, Pin(_ours.Fingerprint));
        await RefusesAsync(alone, Causes.FingerprintMismatch, Pin(_ours.Fingerprint));
    }

    /// <summary>Same name, another key: the leaf names it as its issuer, but it did not sign the leaf.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_authority_of_the_same_name_that_did_not_sign_the_node_is_no_proof(bool namesKey)
    {
        using var twin = new Authority("ours");
        using X509Certificate2 leaf = twin.Issue(namesKey: namesKey);
        await using TlsNode node = await TlsNode.StartAsync(leaf, _ours.Certificate);

        await RefusesAsync(node, Causes.FingerprintMismatch, Pin(_ours.Fingerprint));
    }

    [Fact]
    public async Task A_node_with_another_fingerprint_is_refused()
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf, _ours.Certificate);

        await RefusesAsync(node, Causes.FingerprintMismatch, Pin(_foreign.Fingerprint));
    }

    [Fact]
    public async Task A_certificate_that_is_over_is_refused_in_spite_of_its_authoritys_fingerprint()
    {
        using X509Certificate2 leaf = _ours.Issue(days: -1);
        await using TlsNode node = await TlsNode.StartAsync(leaf, _ours.Certificate);

        await RefusesAsync(node, Causes.CertificateExpired, Pin(_ours.Fingerprint));
    }

    /// <summary>Who sets a fingerprint trusts that one certificate, not whatever an authority of the system or of a file signs.</summary>
    [Fact]
    public async Task A_good_certificate_with_another_fingerprint_is_refused()
    {
        using X509Certificate2 leaf = _ours.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);

        await RefusesAsync(node, Causes.FingerprintMismatch, Authority("ours.pem"), Pin(_foreign.Fingerprint));
    }

    [Fact]
    public async Task A_handshake_that_goes_on_for_ever_ends_at_the_connect_limit()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(
            [new Uri($"https://127.0.0.1:{silent.Address.Port}/")], ("ConnectTimeout", "00:00:00.3"));

        using HttpResponseMessage answer = await scene.GetsProblemAsync(504, "Elasticsearch did not answer in time.");

        Assert.Single(scene.Said);
    }

    private static (string, string) Pin(string fingerprint) => ("CertificateFingerprint", fingerprint);

    private static async Task BelievesAsync(TlsNode node, params (string, string)[] settings)
    {
        await using Scene scene = await Scene.StartAsync([node.Address], settings);

        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(2, node.Requests);
        Assert.Empty(scene.Said);
    }

    private static async Task RefusesAsync(TlsNode node, string cause, params (string, string)[] settings)
    {
        await using Scene scene = await Scene.StartAsync([node.Address], settings);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(0, node.Requests);
        Assert.Contains($" {cause}: ", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal(cause, TraceOfOne.Attribute(trace.Operation, "error.type"));
        Assert.Equal("no_node", TraceOfOne.Attribute(trace.Server, "error.type"));
    }

    private (string, string) Authority(string file) => ("CertificateAuthorityFile", _folder.FileOf(file));
}

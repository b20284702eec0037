using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Files;
using Gateway.Tests.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Listening;

/// <summary>TLS of clients by Kestrel's keys: names, certificates that are renewed while it runs, and clients that have to show theirs.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Endpoint = "Kestrel:Endpoints:Http";
    private readonly TlsFolder _files = new();
    private readonly Authority _authority = new("authority");

    [Fact]
    public async Task A_certificate_that_is_renewed_again_and_again_costs_no_handshake()
    {
        using X509Certificate2 first = _authority.Issue();
        _files.Swap(first);
        await using GatewayHost gateway = await StartAsync();
        using var stop = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => ShakeAsync(gateway.Address, stop.Token)))];
        for (int renewal = 0; renewal < 20; renewal++)
        {
            using X509Certificate2 next = _authority.Issue();
            _files.Swap(next);
            await Eventually.Async(async () => await ShownAsync(gateway.Address) == next.SerialNumber, "the renewed certificate");
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(clients), static handshakes => Assert.True(handshakes > 0));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level > LogLevel.Information);
    }

    [Fact]
    public async Task A_broken_file_leaves_the_certificate_in_use_says_so_once_and_recovers()
    {
        using X509Certificate2 first = _authority.Issue();
        using X509Certificate2 second = _authority.Issue();
        _files.Swap(first);
        await using GatewayHost gateway = await StartAsync();

        _files.SwapText("no certificate", "no key");
        await Eventually.Async(
            async () =>
            {
                Assert.Equal(first.SerialNumber, await ShownAsync(gateway.Address));
                return gateway.Log.Any(static entry => entry is { Level: LogLevel.Warning, Id: 203 });
            },
            "a word about the file");
        _files.Remove();
        Assert.Equal(first.SerialNumber, await ShownAsync(gateway.Address));
        _files.SwapText("no certificate", "no key");
        Assert.Equal(first.SerialNumber, await ShownAsync(gateway.Address));
        _files.Swap(second);

        Assert.Equal(second.SerialNumber, await ShownAsync(gateway.Address));
        // Broken, gone, broken: until it was good again that is one thing to say.
        Assert.Single(gateway.Log, static entry => entry.Level > LogLevel.Information);
    }

    [Theory]
    [InlineData("shop.example", "shop")]
    [InlineData("SHOP.example", "shop")]
    [InlineData("a.shop.example", "below")]
    [InlineData("a.b.shop.example", "below")]
    [InlineData("other.example", "any")]
    [InlineData("127.0.0.1", "any")]
    public async Task The_name_that_is_asked_for_decides(string name, string expected)
    {
        (string Host, string File)[] hosts = [("shop.example", "shop"), ("*.shop.example", "below"), ("*", "any")];
        var serials = new Dictionary<string, string>();
        foreach ((_, string file) in hosts)
        {
            using X509Certificate2 certificate = _authority.Issue(name);
            _files.Write(file, certificate);
            serials[file] = certificate.SerialNumber;
        }

        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            ($"{Endpoint}:Url", "https://127.0.0.1:0"),
            .. hosts.SelectMany(host => Pair($"{Endpoint}:Sni:{host.Host}:Certificate", host.File)),
        ]);

        Assert.Equal(serials[expected], await ShownAsync(gateway.Address, name));
    }

    /// <summary>The shipped listener without TLS would serve a host that asks its clients for a certificate.</summary>
    [Fact]
    public async Task A_listener_whose_URL_is_empty_is_not_there_whatever_else_it_has()
    {
        using X509Certificate2 certificate = _authority.Issue("shop.example");
        _files.Write("shop", certificate);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            ($"{Endpoint}:Url", ""), ($"{Endpoint}:Protocols", "Http1"), ($"{Endpoint}:ClientCertificateMode", "RequireCertificate"),
            ($"{Endpoint}:Certificate:Path", "/none.crt"), ($"{Endpoint}:Sni:shop.example:Certificate:Path", "/none.crt"),
            ("Kestrel:Endpoints:Https:Url", "https://127.0.0.1:0"), .. Pair("Kestrel:Endpoints:Https:Certificate", "shop"),
        ]);

        Assert.Equal(certificate.SerialNumber, await ShownAsync(gateway.Address, "shop.example"));
        Assert.Equal(2, gateway.Log.Count(static entry => entry.Id == 14));
    }

    [Fact]
    public async Task A_name_under_no_entry_gets_no_handshake()
    {
        using X509Certificate2 certificate = _authority.Issue("shop.example");
        _files.Write("shop", certificate);
        await using GatewayHost gateway = await GatewayHost.StartAsync([($"{Endpoint}:Url", "https://127.0.0.1:0"), .. Pair($"{Endpoint}:Sni:shop.example:Certificate", "shop")]);

        Assert.Equal(certificate.SerialNumber, await ShownAsync(gateway.Address, "shop.example"));
        await Assert.ThrowsAnyAsync<Exception>(() => ShownAsync(gateway.Address, "evil.example"));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level > LogLevel.Information);
    }

    [Fact]
    public async Task Who_has_to_show_a_certificate_is_served_with_one_of_the_authority_only_and_that_may_change()
    {
        using var other = new Authority("other");
        using X509Certificate2 ours = _authority.IssueRsa();
        using X509Certificate2 others = other.IssueRsa();
        using X509Certificate2 certificate = _authority.Issue();
        _files.Swap(certificate);
        _files.Write("clients.pem", _authority.Certificate.ExportCertificatePem());
        await using GatewayHost gateway = await StartAsync(
            ($"{Endpoint}:ClientCertificateMode", "RequireCertificate"), ("Tls:ClientAuthorityFile", _files.PathOf("clients.pem")));

        Assert.Equal((true, false, false), (await IsServedAsync(gateway.Address, ours), await IsServedAsync(gateway.Address, others), await IsServedAsync(gateway.Address, null)));
        _files.Write("clients.pem", other.Certificate.ExportCertificatePem());

        Assert.Equal((false, true, false), (await IsServedAsync(gateway.Address, ours), await IsServedAsync(gateway.Address, others), await IsServedAsync(gateway.Address, null)));
        // That there is no app is another matter.
        Assert.DoesNotContain(gateway.Log, static entry => entry is { Level: > LogLevel.Information, Category: not "Gateway.Legacy" });
    }

    [Fact]
    public async Task Who_may_show_a_certificate_is_served_without_one_but_not_with_a_wrong_one()
    {
        using var other = new Authority("other");
        using X509Certificate2 others = other.IssueRsa();
        using X509Certificate2 certificate = _authority.Issue();
        _files.Swap(certificate);
        _files.Write("clients.pem", _authority.Certificate.ExportCertificatePem());
        await using GatewayHost gateway = await StartAsync(
            ($"{Endpoint}:ClientCertificateMode", "AllowCertificate"), ("Tls:ClientAuthorityFile", _files.PathOf("clients.pem")));

        Assert.Equal((true, false), (await IsServedAsync(gateway.Address, null), await IsServedAsync(gateway.Address, others)));
    }

    [Theory]
    [InlineData("Certificate:Path", "/nowhere/tls.crt", "Certificate")]
    [InlineData("ClientCertificateMode", "RequireCertifcate", "ClientCertificateMode")]
    [InlineData("SslProtocols:0", "Ssl3", "SslProtocols:0")]
    [InlineData("Protocols", "Http4", "Protocols")]
    public async Task What_is_wrong_stops_the_start_with_a_sentence_that_names_the_key(string key, string value, string named)
    {
        using X509Certificate2 certificate = _authority.Issue();
        _files.Swap(certificate);

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(($"{Endpoint}:{key}", value)));

        Assert.StartsWith($"{Endpoint}:{named}: ", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop.example", "shop.example", false, "502")]
    [InlineData("shop.example", "other.example", false, "502")]
    [InlineData("shop.example", "a.partners.example", false, "421")]
    [InlineData("shop.example", "A.PARTNERS.example:8443", false, "421")]
    [InlineData("shop.example", "a.partners.example.", false, "421")]
    [InlineData("shop.example", "a.partners.example", true, "421")]
    [InlineData("other.example", "a.partners.example", false, "421")]
    [InlineData("a.partners.example", "a.partners.example", true, "502")]
    [InlineData("a.partners.example", "shop.example", true, "502")]
    public async Task A_host_whose_clients_have_to_show_a_certificate_is_not_reached_through_another_name(string name, string host, bool shows, string status)
    {
        using X509Certificate2 ours = _authority.IssueRsa();
        using X509Certificate2 certificate = _authority.Issue(name);
        _files.Write("any", certificate);
        _files.Write("clients.pem", _authority.Certificate.ExportCertificatePem());
        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            ($"{Endpoint}:Url", "https://127.0.0.1:0"),
            .. Pair($"{Endpoint}:Sni:shop.example:Certificate", "any"),
            .. Pair($"{Endpoint}:Sni:*:Certificate", "any"),
            .. Pair($"{Endpoint}:Sni:*.partners.example:Certificate", "any"),
            ($"{Endpoint}:Sni:*.partners.example:ClientCertificateMode", "RequireCertificate"),
            ("Tls:ClientAuthorityFile", _files.PathOf("clients.pem")),
        ]);

        string answer = await AskAsync(gateway.Address, "/a", shows ? ours : null, name, host);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_listener_with_TLS_stays_one()
    {
        using X509Certificate2 certificate = _authority.Issue();
        _files.Swap(certificate);
        _files.Write("admin", certificate);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            [("Admin:Url", "https://127.0.0.1:0"), .. Pair("Kestrel:Endpoints:Admin:Certificate", "admin")]);

        Assert.Equal("https", gateway.Admin.Scheme);
        Assert.Contains("live", await AskAsync(gateway.Admin, "/livez", null), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404", await AskAsync(gateway.Admin, "/a", null), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _files.Dispose();
        _authority.Dispose();
    }

    private Task<GatewayHost> StartAsync(params (string, string)[] settings) =>
        GatewayHost.StartAsync([($"{Endpoint}:Url", "https://127.0.0.1:0"), .. Pair($"{Endpoint}:Certificate", "current/tls"), .. settings]);

    private (string, string)[] Pair(string section, string name) =>
        [($"{section}:Path", _files.PathOf($"{name}.crt")), ($"{section}:KeyPath", _files.PathOf($"{name}.key"))];

    private async Task<int> ShakeAsync(Uri address, CancellationToken stop)
    {
        int handshakes = 0;
        for (; !stop.IsCancellationRequested; handshakes++)
        {
            await ShownAsync(address);
        }

        return handshakes;
    }

    private async Task<string> ShownAsync(Uri address, string name = "127.0.0.1")
    {
        using SslStream tls = await ConnectAsync(address, name, null);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }

    private async Task<bool> IsServedAsync(Uri address, X509Certificate2? certificate)
    {
        try
        {
            return (await AskAsync(address, "/a", certificate)).StartsWith("HTTP/1.1 502", StringComparison.Ordinal);
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            // With TLS 1.3 a client learns that it is refused when it reads.
            return false;
        }
    }

    private async Task<string> AskAsync(Uri address, string path, X509Certificate2? certificate, string name = "127.0.0.1", string host = "h")
    {
        using SslStream tls = await ConnectAsync(address, name, certificate);
        await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(tls);
        return await reader.ReadToEndAsync();
    }

    private async Task<SslStream> ConnectAsync(Uri address, string name, X509Certificate2? certificate)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            ClientCertificates = certificate is null ? null : [certificate],
            CertificateChainPolicy = PemFiles.TrustOnly([_authority.Certificate]),
        });
        return tls;
    }
}

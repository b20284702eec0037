using System.Net.Sockets;
using Gateway.Guard;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Guard;

/// <summary>What the guard does by its options; what it refuses stands in the catalogue, <see cref="Wire.WireTests"/>.</summary>
public sealed class GuardOptionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task A_list_of_hosts_is_for_the_data_ports_and_may_have_addresses()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Guard:AllowedHosts:0", "[::1]"));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")).Status);
        Assert.Equal(421, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: [::2]:8080\r\n\r\n")).Status);
        // Kubelet and Prometheus call by the pod's address.
        Assert.Equal("ready\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/readyz")));
    }

    [Theory]
    [InlineData("shop.example.", "shop.example")]
    [InlineData("Shop.example", "shop.EXAMPLE.")]
    [InlineData("*.shop.example.", "a.shop.example")]
    [InlineData("::1", "[::1]")]
    public void A_host_is_served_however_its_name_is_written(string pattern, string host)
    {
        var hosts = new HostList([pattern]);

        Assert.True(hosts.Serves(new HostString(host)));
        Assert.True(hosts.Serves(new HostString(host, 8080)));
        Assert.False(hosts.Serves(new HostString("other.example")));
    }

    [Theory]
    [InlineData("unix", "198.51.100.1", "https")]
    [InlineData("127.0.0.1", null, "http")]
    public async Task Who_comes_through_a_Unix_socket_is_a_trusted_proxy_where_that_is_said(string trusted, string? forwardedFor, string scheme)
    {
        await using var app = ScriptedServer.Always(Ok);
        using var folder = new Folder();
        string socket = folder.FileOf("gateway.sock");
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Guard:TrustedProxies:0", trusted), ("Kestrel:Endpoints:Socket:Url", $"http://unix:{socket}"));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.1");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        Assert.Equal("ok", await client.GetStringAsync("http://h/a"));

        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal((forwardedFor, scheme), (request.Field("X-Forwarded-For"), request.Field("X-Forwarded-Proto")));
    }

    [Theory]
    [InlineData("X-Forwarded-Client-Cert", "", 200, false)]
    [InlineData("x-forwarded-email", "", 200, false)]
    [InlineData("X-Auth-Request-User", "", 200, false)]
    [InlineData("Remote-User", "", 200, false)]
    [InlineData("X-Forwarded-Email", "X-Forwarded-Email", 200, true)]
    [InlineData("X-Forwardedness", "", 200, true)]
    [InlineData("X_Forwarded_Email", "", 400, false)]
    public async Task What_only_a_proxy_may_say_is_taken_off_whatever_its_maker_calls_it(string field, string kept, int status, bool arrives)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Guard:KeepFields:0", kept));

        Assert.Equal(status, (await RawClient.ExchangeAsync(gateway.Address, Get("/a", $"{field}: admin"))).Status);

        Assert.Equal(arrives, app.Requests.SingleOrDefault()?.Field(field) == "admin");
    }

    /// <summary>An absolute form has the path that its origin form has, by which its route is found.</summary>
    [Theory]
    [InlineData("/admin/x", true)]
    [InlineData("/admin/a%20b", true)]
    [InlineData("/admin%2Fx", false)]
    [InlineData("/admin\\x", false)]
    [InlineData("/admin/x?a=/b", true)]
    public async Task Both_forms_of_a_target_have_one_route(string target, bool isAdmins)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using var admin = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/admin/{**rest}"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", admin.Address.AbsoluteUri));

        foreach (string form in (string[])[target, $"http://h{target}"])
        {
            Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Get(form))).Status);
        }

        Assert.Equal([target, target], (isAdmins ? admin : app).Requests.Select(static request => request.Target));
    }

    [Theory]
    [InlineData("/a%00", 400)]
    [InlineData("http://h/a%00", 400)]
    [InlineData("http://h/a?b=%00", 200)]
    public async Task A_NUL_is_refused_in_the_path_of_both_forms_of_a_target(string target, int status)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        Assert.Equal(status, (await RawClient.ExchangeAsync(gateway.Address, Get(target))).Status);
    }

    [Fact]
    public async Task A_list_of_methods_replaces_the_usual_ones()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Guard:Methods:0", "PROPFIND"), ("Guard:Methods:1", "GET"));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Get("/a", method: "PROPFIND"))).Status);
        Assert.Equal(501, (await RawClient.ExchangeAsync(gateway.Address, Get("/a", method: "POST"))).Status);
    }

    [Fact]
    public async Task What_asks_the_server_itself_is_answered_by_the_gateway()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(204, answer.Status);
        Assert.Equal("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", answer.Field("Allow"));
        Assert.Empty(app.Connections);
        Assert.Equal("gateway", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "loopgate.served_by"));
    }

    [Fact]
    public async Task Where_the_guard_is_off_everything_passes()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Guard:Enabled", "false"));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Get("/a/../b", "X_Forwarded_For: 6.6.6.6", "FOO"))).Status);
    }

    private static string Get(string target, string? field = null, string method = "GET") =>
        $"{method} {target} HTTP/1.1\r\nHost: h\r\n{(field is null ? "" : field + "\r\n")}\r\n";
}

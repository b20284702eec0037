using System.Text.Json;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Guard;

/// <summary>What must not be forwarded is answered at once: nothing reaches the app, the client sees why, the trace and the metric too, the log stays quiet.</summary>
public sealed class RefusalTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>Name, request, status, reason.</summary>
    public static TheoryData<string, string, int, string> Refused { get; } = new()
    {
        { "TRACE", Get("/a", method: "TRACE"), 405, "method_refused" },
        { "CONNECT to a host", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 405, "method_refused" },
        { "unknown method", Get("/a", method: "FOO"), 501, "method_unknown" },
        { "small letters", Get("/a", method: "get"), 501, "method_unknown" },
        { "WebDAV", Get("/a", method: "PROPFIND"), 501, "method_unknown" },
        { "fragment", Get("/a#b"), 400, "target_refused" },
        { "fragment after a query", Get("/a?b#c"), 400, "target_refused" },
        { "percent and no hex", Get("/a%zz"), 400, "target_refused" },
        { "percent and half", Get("/a%2"), 400, "target_refused" },
        { "percent at the end", Get("/%"), 400, "target_refused" },
        { "percent u", Get("/a%u0041"), 400, "target_refused" },
        { "overlong slash", Get("/a%c0%af"), 400, "target_refused" },
        { "overlong slash, three bytes", Get("/a%e0%80%af"), 400, "target_refused" },
        { "overlong dot", Get("/%C0%AE%C0%AE/b"), 400, "target_refused" },
        { "dots", Get("/a/../b"), 400, "target_refused" },
        { "dots at the end", Get("/a/.."), 400, "target_refused" },
        { "one dot", Get("/a/./b"), 400, "target_refused" },
        { "encoded dots", Get("/a/%2e%2E/b"), 400, "target_refused" },
        { "half encoded dots", Get("/a/.%2e/b"), 400, "target_refused" },
        { "dots with parameters", Get("/a/..;x=1/b"), 400, "target_refused" },
        { "dots between encoded slashes", Get("/a%2f..%2fb"), 400, "target_refused" },
        { "dots between backslashes", Get("/a\\..\\b"), 400, "target_refused" },
        { "dots in the absolute form", "GET http://h/a/../b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target_refused" },
        { "user in the absolute form", "GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target_refused" },
        { "empty Host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400, "host_refused" },
        { "control byte in a value", Get("/a", "X-A: a\u0001b"), 400, "field_refused" },
        { "DEL in a value", Get("/a", "X-A: a\u007fb"), 400, "field_refused" },
        { "name in brackets", Get("/a", "X[1]: a"), 400, "field_refused" },
        { "name in parentheses", Get("/a", "X(1): a"), 400, "field_refused" },
        { "underscore twin", Get("/a", "X_Forwarded_For: 6.6.6.6"), 400, "field_refused" },
        { "half an underscore twin", Get("/a", "X-Forwarded_For: 6.6.6.6"), 400, "field_refused" },
        { "underscore twin of the length", Get("/a", "Content_Length: 5"), 400, "field_refused" },
        { "underscore twin of the framing", Get("/a", "Transfer_Encoding: chunked"), 400, "field_refused" },
        { "length and chunks", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "field_refused" },
        { "unknown expectation", Get("/a", "Expect: the-unexpected"), 417, "expectation_unknown" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Is_answered_at_once(string name, string request, int status, string reason)
    {
        Assert.NotEmpty(name);
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, request);

        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        Assert.Equal(status == 405 ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : null, answer.Field("Allow"));
        Assert.Empty(app.Connections);
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(reason, TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        using JsonDocument problem = JsonDocument.Parse(answer.Body);
        Assert.Equal(trace.Server.GetProperty("traceId").GetString(), problem.RootElement.GetProperty("traceId").GetString());
        Assert.Equal([$"loopgate.failures{{error.type={reason}}}"], measured.Counted);
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level > LogLevel.Information);
    }

    [Theory]
    [InlineData("/a%2Fb")]
    [InlineData("/a%5Cb")]
    [InlineData("//a")]
    [InlineData("/...")]
    [InlineData("/.well-known/x")]
    [InlineData("/a..b/.c/d.")]
    [InlineData("/caf%e9")]
    [InlineData("/%C0nimal")]
    [InlineData("/a?../..&b=%zz")]
    [InlineData("/a;..=1")]
    public async Task A_target_that_is_only_unusual_arrives_byte_for_byte(string target)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Get(target));

        Assert.Equal(200, answer.Status);
        Assert.Equal(target, Assert.Single(app.Requests).Target);
    }

    [Theory]
    [InlineData("X_Custom: a")]
    [InlineData("X-Custom: a\tb")]
    [InlineData("Expect: 100-Continue")]
    public async Task A_field_that_is_only_unusual_passes(string field)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, Get("/a", field))).Status);
    }

    [Theory]
    [InlineData("shop.example", 200)]
    [InlineData("SHOP.example:81", 200)]
    [InlineData("shop.example.", 200)]
    [InlineData("a.b.apps.example", 200)]
    [InlineData("apps.example", 421)]
    [InlineData("evil-apps.example", 421)]
    [InlineData("evil.example", 421)]
    [InlineData("127.0.0.1", 421)]
    [InlineData("[::1]:8080", 200)]
    public async Task Only_hosts_on_the_list_are_served_where_there_is_one(string host, int status)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Guard:AllowedHosts:0", "shop.example"), ("Guard:AllowedHosts:1", "*.apps.example"),
            ("Guard:AllowedHosts:2", "[::1]"));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(status, answer.Status);
        // Kubelet and Prometheus call by the pod's address.
        Assert.Equal("ready\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/readyz")));
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
    public async Task A_request_of_http_1_0_without_a_host_passes()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.0\r\n\r\n")).Status);
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

using Gateway.Configuration;
using Gateway.Tests.Hosting;
using Gateway.Tests.Tracing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests;

/// <summary>Faults that the gateway once had, across its features: each of these failed before it was mended.</summary>
public sealed class MendedTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Secret = "hunter2";
    private const string Short = "00:00:00.3";
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task An_answer_that_the_app_breaks_off_is_the_apps_fault_in_the_trace(int round)
    {
        var seen = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
            await connection.WaitAsync(seen.Task);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        await client.ReadUntilAsync("begun");
        seen.SetResult();

        Assert.True(await client.IsClosedAsync(), $"{round}");
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("app_broken", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("200", TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
    }

    public static TheoryData<int> Rounds() => [.. Enumerable.Range(1, 20)];

    [Fact]
    public async Task The_User_Agent_field_is_in_no_span()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: {Secret}\r\n\r\n");

        await gateway.StopAsync();
        Assert.All(gateway.Exported, static span => Assert.DoesNotContain(span.TagObjects, static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_an_app_sends_instead_of_HTTP_is_in_no_span_and_no_log()
    {
        await using var app = ScriptedServer.Always($"{Secret}\r\n\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, Request);

        await gateway.StopAsync();
        Assert.All(gateway.Exported, static span => Assert.DoesNotContain(
            span.Events.SelectMany(static e => e.Tags), static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_an_app_sends_instead_of_HTTP_is_in_no_log()
    {
        await using var app = ScriptedServer.Always($"{Secret}\r\n\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Information && entry.Message.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task HTTP2_by_ALPN_is_counted_where_the_operator_asks_for_1_1_or_higher()
    {
        await using KestrelBackend backend = await KestrelBackend.StartAsync(HttpProtocols.Http1AndHttp2, tls: true);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/{**rest}"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", backend.Address.AbsoluteUri),
            ("ReverseProxy:Clusters:c:HttpClient:DangerousAcceptAnyServerCertificate", "true"),
            ("ReverseProxy:Clusters:c:HttpRequest:Version", "1.1"), ("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "RequestVersionOrHigher"));

        await gateway.Client.GetStringAsync("/0");
        await gateway.Client.GetStringAsync("/1");

        Assert.Equal([1L, 2L], (await Ride.AllAsync(gateway, 2)).Select(static ride => ride.Use));
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Theory]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:Version", "two")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "Sometimes")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:ActivityTimeout", "soon")]
    [InlineData("ReverseProxy:Clusters:c:Destinations:only:Address", "not a URL")]
    [InlineData("ReverseProxy:Routes:r:Order", "first")]
    public async Task What_YARP_does_not_accept_stops_the_start_with_a_sentence(string key, string value)
    {
        (string Key, string Value)[] settings =
        [
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/shop"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", "http://127.0.0.1:1"), (key, value),
        ];

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync(settings));

        Assert.StartsWith("ReverseProxy", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operators_route_with_the_path_of_a_view_does_not_break_the_view()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri),
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/"), ("ReverseProxy:Routes:r:Match:Methods:0", "GET"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", app.Address.AbsoluteUri));

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")).Status);
    }

    [Fact]
    public async Task The_type_of_a_stream_is_known_in_any_case()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n");
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:StreamIdleTimeout", Short));

        Assert.False((await RawClient.ExchangeAsync(gateway.Address, Request)).IsWhole);
    }

    [Fact]
    public async Task A_small_first_piece_of_an_upload_is_not_held_back()
    {
        var firstArrived = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadAsync(4);
            firstArrived.SetResult();
            await connection.ReadAsync(4);
            await connection.SendAsync(Ok);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        await firstArrived.Task.WaitAsync(TimeSpan.FromSeconds(2));
        await client.SendAsync("half");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Baggage_ends_at_the_gateway_whoever_the_caller_is()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:TrustedCallers:0", "127.0.0.0/8"));

        await RawClient.ExchangeAsync(gateway.Address,
            "GET /a HTTP/1.1\r\nHost: h\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nbaggage: user=callers\r\n\r\n");

        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Null(request.Field("baggage"));
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", request.Head, StringComparison.Ordinal);
    }
}

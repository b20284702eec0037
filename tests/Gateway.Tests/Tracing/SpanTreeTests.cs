using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>The spans of a request, their relations, and what each says.</summary>
public sealed class SpanTreeTests
{
    [Fact]
    public async Task A_request_answered_from_Elasticsearch_is_three_spans_and_a_link()
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Elasticsearch:Nodes:0", node.Address.AbsoluteUri));

        await gateway.Client.GetStringAsync("/?q=1");

        TraceOfOne trace = await gateway.TraceAsync();
        JsonElement call = Assert.Single(trace.HttpCalls);
        AssertSpan(trace.Server, "GET /", "Server", "Microsoft.AspNetCore", parent: null);
        AssertSpan(trace.Operation, "info", "Client", "Loopgate.Elasticsearch", trace.Server);
        AssertSpan(call, "GET", "Client", "System.Net.Http", trace.Operation);
        Has(trace.Server, ("loopgate.served_by", "elasticsearch"), ("loopgate.loop.use", "1"), ("loopgate.loop.reused", "False"), ("http.route", "/"),
            ("http.request.method", "GET"), ("http.response.status_code", "200"), ("url.path", "/"), ("url.scheme", "http"),
            ("network.protocol.version", "1.1"), ("error.type", null), ("loopgate.loop.count", null), ("loopgate.connection.id", null));
        Has(trace.Operation, ("db.system.name", "elasticsearch"), ("db.operation.name", "info"), ("db.namespace", "shop"),
            ("db.response.status_code", "200"), ("elasticsearch.node.name", "node-1"), ("http.request.method", "GET"), ("server.address", "127.0.0.1"),
            ("server.port", $"{node.Address.Port}"), ("url.full", node.Address.AbsoluteUri), ("loopgate.client.use", "1"), ("error.type", null));
        Has(call, ("loopgate.connection.use", "1"), ("loopgate.connection.reused", "False"), ("loopgate.connection.attempts", "1"),
            ("server.address", "127.0.0.1"), ("server.port", $"{node.Address.Port}"), ("http.response.status_code", "200"));
        await LinkLeadsToSetupAsync(gateway, call, "elasticsearch");
    }

    [Fact]
    public async Task A_proxied_request_is_two_spans_and_a_link()
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, "POST /cart/7?q=1 HTTP/1.1\r\nHost: shop.example:99\r\nContent-Length: 0\r\n\r\n");

        TraceOfOne trace = await gateway.TraceAsync();
        JsonElement call = Assert.Single(trace.HttpCalls);
        AssertSpan(trace.Server, "POST /{**rest}", "Server", "Microsoft.AspNetCore", parent: null);
        AssertSpan(call, "POST", "Client", "System.Net.Http", trace.Server);
        Has(trace.Server, ("loopgate.served_by", "legacy"), ("http.route", "/{**rest}"), ("http.response.status_code", "200"), ("url.path", "/cart/7"),
            ("proxy.route_id", "legacy"), ("proxy.cluster_id", "legacy"), ("proxy.destination_id", "app"), ("network.protocol.version", "1.1"),
            ("loopgate.loop.id", null), ("loopgate.loop.use", null), ("loopgate.loop.reused", null), ("error.type", null));
        Has(call, ("loopgate.connection.use", "1"), ("loopgate.connection.reused", "False"), ("loopgate.connection.attempts", "1"),
            ("server.address", "127.0.0.1"), ("server.port", $"{app.Address.Port}"), ("http.request.method", "POST"), ("http.response.status_code", "200"));
        await LinkLeadsToSetupAsync(gateway, call, "legacy");
    }

    [Fact]
    public async Task The_loop_the_client_and_the_connection_count_on_from_request_to_request()
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Elasticsearch:Nodes:0", node.Address.AbsoluteUri));

        for (int i = 0; i < 3; i++)
        {
            await gateway.Client.GetStringAsync("/");
        }

        TraceOfOne[] traces = [.. (await gateway.TracesAsync(3)).Reverse().Select(static spans => new TraceOfOne(spans))];
        Assert.Single(traces.Select(static trace => TraceOfOne.Attribute(trace.Server, "loopgate.loop.id")).Distinct());
        Assert.Single(traces.Select(static trace => TraceOfOne.Attribute(trace.Operation, "loopgate.client.id")).Distinct());
        Assert.Single(traces.Select(static trace => TraceOfOne.Attribute(trace.HttpCalls[0], "loopgate.connection.id")).Distinct());
        Assert.Equal(["1 False", "2 True", "3 True"], traces.Select(static trace => Both(trace.Server, "loopgate.loop")));
        Assert.Equal(["1 False", "2 True", "3 True"], traces.Select(static trace => Both(trace.HttpCalls[0], "loopgate.connection")));
        Assert.Equal(["1", "2", "3"], traces.Select(static trace => TraceOfOne.Attribute(trace.Operation, "loopgate.client.use")));
        Assert.True(Age(traces[2]) > Age(traces[0]));
    }

    [Fact]
    public async Task Every_request_has_one_Server_span_whoever_answers_it()
    {
        await using ScriptedServer app = App();
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri),
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/shop"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", app.Address.AbsoluteUri),
            ("ReverseProxy:Routes:broken:ClusterId", "none"), ("ReverseProxy:Routes:broken:Match:Path", "/none"),
            ("ReverseProxy:Clusters:none:LoadBalancingPolicy", "Random"));

        foreach (string target in new[] { "/", "/app", "/shop", "/none" })
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(target);
        }

        await gateway.StopAsync();
        Assert.Equal(4, gateway.Exported.Count(static span => span.Kind == System.Diagnostics.ActivityKind.Server));
        Assert.All(gateway.Exported.GroupBy(static span => span.TraceId), static trace =>
            Assert.True(trace.Count(static span => span.Kind == System.Diagnostics.ActivityKind.Server) <= 1));
    }

    [Theory]
    [InlineData("GET /caf%C3%A9?q=1", "shop.example", "GET /{**rest}", "GET", null, "/caf%C3%A9", "shop.example", "80")]
    [InlineData("GET /%41/%2541?q=/", "shop.example", "GET /{**rest}", "GET", null, "/%41/%2541", "shop.example", "80")]
    [InlineData("PUT http://shop.example:81/a", "shop.example:81", "PUT /{**rest}", "PUT", null, "/a", "shop.example", "81")]
    [InlineData("DELETE /a%2Fb", "[::1]:82", "DELETE /{**rest}", "DELETE", null, "/a%2Fb", "[::1]", "82")]
    [InlineData("OPTIONS *", "shop.example", "OPTIONS", "OPTIONS", null, "/", "shop.example", "80")]
    [InlineData("BREW /pot", "shop.example", "HTTP", "_OTHER", "BREW", "/pot", "shop.example", "80")]
    [InlineData("get /", "shop.example", "HTTP", "_OTHER", "get", "/", "shop.example", "80")]
    [InlineData("TRACE /", "shop.example", "TRACE", "TRACE", null, "/", "shop.example", "80")]
    [InlineData("GET /nobody", "", "GET", "GET", null, "/nobody", null, null)]
    public async Task A_Server_span_says_what_was_asked_whether_it_is_served_or_refused(
        string request, string host, string name, string method, string? original, string path, string? address, string? port)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"{request} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: curl\r\nConnection: close\r\n\r\n");

        JsonElement server = (await gateway.TraceAsync()).Server;
        Assert.Equal(name, server.GetProperty("name").GetString());
        Has(server, ("http.request.method", method), ("http.request.method_original", original), ("url.path", path), ("url.scheme", "http"),
            ("server.address", address), ("server.port", port), ("user_agent.original", null));
    }

    [Fact]
    public async Task What_ASP_NET_Core_s_own_host_filter_refuses_is_described_too()
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("AllowedHosts", "127.0.0.1"));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", answer.Head, StringComparison.Ordinal);

        JsonElement server = (await gateway.TraceAsync()).Server;
        Assert.Equal("GET", server.GetProperty("name").GetString());
        Has(server, ("http.request.method", "GET"), ("url.path", "/a"), ("server.address", "shop.example"));
    }

    [Fact]
    public async Task Health_probes_and_the_page_of_traces_leave_no_span()
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await gateway.Client.GetStringAsync("/app");
        foreach (string target in new[] { "/livez", "/readyz", "/", "/api/traces", "/style.css", "/nothing", "/traces/0af7651916cd43dd8448eb211c80319c" })
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(gateway.Admin, target));
        }

        await gateway.StopAsync();
        Assert.Equal("/app", Assert.Single(gateway.Exported, static span => span.Kind == System.Diagnostics.ActivityKind.Server).GetTagItem("url.path"));
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    private static ScriptedServer App() => ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

    private static string Both(JsonElement span, string thing) =>
        $"{TraceOfOne.Attribute(span, $"{thing}.use")} {TraceOfOne.Attribute(span, $"{thing}.reused")}";

    private static double Age(TraceOfOne trace) =>
        trace.HttpCalls[0].GetProperty("attributes").GetProperty("loopgate.connection.age").GetDouble();

    private static void AssertSpan(JsonElement span, string name, string kind, string source, JsonElement? parent)
    {
        Assert.Equal((name, kind, source), (span.GetProperty("name").GetString(), span.GetProperty("kind").GetString(), span.GetProperty("source").GetString()));
        Assert.Equal(parent?.GetProperty("spanId").GetString(), span.GetProperty("parentSpanId").GetString());
        Assert.Equal("Unset", span.GetProperty("status").GetString());
    }

    private static void Has(JsonElement span, params (string Name, string? Value)[] attributes) =>
        Assert.Equal(attributes, attributes.Select(attribute => (attribute.Name, TraceOfOne.Attribute(span, attribute.Name))));

    private static async Task LinkLeadsToSetupAsync(GatewayHost gateway, JsonElement call, string peer)
    {
        JsonElement link = Assert.Single(call.GetProperty("links").EnumerateArray());
        string json = await gateway.Client.GetStringAsync(new Uri(gateway.Admin, $"/api/traces/{link.GetProperty("traceId").GetString()}"));
        JsonElement setup = Assert.Single(JsonDocument.Parse(json).RootElement[0].EnumerateArray());
        Assert.Equal(link.GetProperty("spanId").GetString(), setup.GetProperty("spanId").GetString());
        Assert.Equal("Experimental.System.Net.Http.Connections", setup.GetProperty("source").GetString());
        Has(setup, ("loopgate.connection.id", TraceOfOne.Attribute(call, "loopgate.connection.id")), ("loopgate.connection.peer", peer),
            ("server.address", "127.0.0.1"));
        Assert.EndsWith("127.0.0.1", TraceOfOne.Attribute(setup, "network.peer.address"), StringComparison.Ordinal);
    }
}

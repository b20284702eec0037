using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Routes and clusters of the operator's own, in YARP's terms, beside the built-in one.</summary>
public sealed class OperatorRouteTests
{
    [Fact]
    public async Task A_route_of_the_operator_wins_over_the_catch_all_which_takes_the_rest()
    {
        await using var app = Saying("app");
        await using var shop = Saying("shop");
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. RouteTo(shop.Address, "/shop/{**rest}")]);

        Assert.Equal("shop", await gateway.Client.GetStringAsync("/shop/basket?x=1"));
        Assert.Equal("app", await gateway.Client.GetStringAsync("/shops"));
        Assert.Equal("/shop/basket?x=1", Assert.Single(shop.Requests).Target);
    }

    [Fact]
    public async Task A_catch_all_of_the_operator_wins_over_the_built_in_one_but_not_over_a_view()
    {
        await using var app = Saying("app");
        await using var shop = Saying("shop");
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. RouteTo(shop.Address, "/{**rest}")]);

        Assert.Equal("shop", await gateway.Client.GetStringAsync("/anything"));
        using HttpResponseMessage view = await gateway.Client.GetAsync("/");
        Assert.Equal(503, (int)view.StatusCode);
        Assert.Empty(app.Requests);
    }

    [Fact]
    public async Task An_operators_route_with_the_path_of_a_view_does_not_break_the_view()
    {
        await using var app = Saying("app");
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            [.. RouteTo(app.Address, "/"), ("ReverseProxy:Routes:shop-route:Match:Methods:0", "GET"), ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri)]);

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")).Status);
    }

    [Fact]
    public async Task The_trace_names_the_route_the_cluster_and_the_destination()
    {
        await using var shop = Saying("shop");
        await using GatewayHost gateway = await GatewayHost.StartAsync(RouteTo(shop.Address, "/shop/{**rest}"));

        await gateway.Client.GetStringAsync("/shop/basket");

        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("legacy", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.Equal("shop-route", TraceOfOne.Attribute(trace.Server, "proxy.route_id"));
        Assert.Equal("shop-cluster", TraceOfOne.Attribute(trace.Server, "proxy.cluster_id"));
        Assert.Equal("only", TraceOfOne.Attribute(trace.Server, "proxy.destination_id"));
        Assert.Equal("/shop/{**rest}", TraceOfOne.Attribute(trace.Server, "http.route"));
        Assert.Equal("GET /shop/{**rest}", trace.Server.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_cluster_without_a_destination_is_a_503()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("ReverseProxy:Routes:r:ClusterId", "empty"), ("ReverseProxy:Routes:r:Match:Path", "/shop"),
            ("ReverseProxy:Clusters:empty:LoadBalancingPolicy", "RoundRobin"));

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/shop");

        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal("no_destination", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
    }

    [Theory]
    [InlineData("AuthorizationPolicy", "anonymous")]
    [InlineData("CorsPolicy", "Disable")]
    [InlineData("RateLimiterPolicy", "disable")]
    [InlineData("TimeoutPolicy", "Disable")]
    [InlineData("Timeout", "00:01:00")]
    [InlineData("MaxRequestBodySize", "-1")]
    public async Task A_route_may_say_that_it_has_no_policy_and_how_long_it_may_take(string key, string value)
    {
        await using var shop = Saying("shop");
        await using GatewayHost gateway = await GatewayHost.StartAsync([.. RouteTo(shop.Address, "/shop"), ($"ReverseProxy:Routes:shop-route:{key}", value)]);

        Assert.Equal("shop", await gateway.Client.GetStringAsync("/shop"));
    }

    [Theory]
    [InlineData("ReverseProxy:Routes:shop-route:Timeout", "The Timeout of the route, or the TotalTimeout of its cluster, has passed.")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:HttpRequest:ActivityTimeout", "")]
    public async Task A_request_that_takes_longer_than_YARP_is_told_to_wait_is_a_504(string key, string reason)
    {
        await using var shop = new ScriptedServer(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.ReadRequestAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync([.. RouteTo(shop.Address, "/shop"), (key, "00:00:00.3")]);

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/shop");

        Assert.Equal(504, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("app_too_slow", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
        Assert.EndsWith(reason, Assert.Single(gateway.Log, static entry => entry.Id == 600).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ReverseProxy:Clusters:shop-cluster:LoadBalancingPolicy", "Nonsense")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:HttpRequest:Version", "9.9")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:HttpRequest:Version", "two")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:HttpRequest:VersionPolicy", "Sometimes")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:HttpRequest:ActivityTimeout", "soon")]
    [InlineData("ReverseProxy:Clusters:shop-cluster:Destinations:only:Address", "not a URL")]
    [InlineData("ReverseProxy:Routes:shop-route:Order", "first")]
    [InlineData("ReverseProxy:Routes:shop-route:Match:Path", "/{**a}/{**b}")]
    [InlineData("ReverseProxy:Routes:shop-route:Transforms:0:Nonsense", "x")]
    public async Task What_YARP_does_not_accept_stops_the_start_with_a_sentence(string key, string value)
    {
        (string Key, string Value)[] settings = [.. RouteTo(new Uri("http://127.0.0.1:1"), "/shop"), (key, value)];

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync(settings));

        Assert.StartsWith("ReverseProxy", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Routes:shop-route:ClusterId: there is no such cluster under ReverseProxy:Clusters.", "Routes:shop-route:ClusterId=nope")]
    [InlineData("Routes:other:ClusterId: a route needs the name of a cluster.", "Routes:other:Match:Path=/other")]
    [InlineData("Routes:shop-route:MaxRequestBodySize: must be", "Routes:shop-route:MaxRequestBodySize=-5")]
    [InlineData("Clusters:shop-cluster:Destinations:only:Address: the URL of a destination has no", "Clusters:shop-cluster:Destinations:only:Address=http://127.0.0.1:1/a?b=c")]
    [InlineData("Clusters:shop-cluster:HttpRequest:ActivityTimeout: must be above zero.", "Clusters:shop-cluster:HttpRequest:ActivityTimeout=-00:00:01")]
    [InlineData("Routes:other: matches the same requests as shop-route;", "Routes:other:ClusterId=shop-cluster", "Routes:other:Match:Path=/SHOP")]
    [InlineData("Routes:other: matches the same requests as shop-route;",
        "Routes:other:ClusterId=shop-cluster", "Routes:other:Match:Path=/x/{a}", "Routes:shop-route:Match:Path=/x/{b}")]
    [InlineData("Routes:other: matches the same requests as shop-route;",
        "Routes:other:ClusterId=shop-cluster", "Routes:other:Match:Path=/shop", "Routes:other:Match:Methods:0=GET", "Routes:shop-route:Match:Methods:0=get")]
    [InlineData("Routes:shop-route: matches the same requests as legacy;", "Routes:shop-route:Match:Path=/{**all}", "Routes:shop-route:Order=2147483647")]
    public async Task What_would_fail_with_each_request_stops_the_start_with_a_sentence(string sentence, params string[] settings)
    {
        (string Key, string Value)[] all = [.. RouteTo(new Uri("http://127.0.0.1:1"), "/shop"), .. settings.Select(Setting)];

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync(all));

        Assert.StartsWith($"ReverseProxy:{sentence}", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    /// <summary>YARP and ASP.NET Core know which of these goes first.</summary>
    [Theory]
    [InlineData("Routes:other:Match:Path=/shop", "Routes:other:Order=1")]
    [InlineData("Routes:other:Match:Path=/shop", "Routes:other:Match:Methods:0=POST")]
    [InlineData("Routes:other:Match:Path=/shop", "Routes:other:Match:Methods:0=POST", "Routes:shop-route:Match:Methods:0=GET")]
    [InlineData("Routes:other:Match:Path=/shop", "Routes:other:Match:Hosts:0=other.example")]
    [InlineData("Routes:other:Match:Path=/shop", "Routes:other:Match:Headers:0:Name=X-A", "Routes:other:Match:Headers:0:Values:0=a")]
    [InlineData("Routes:other:Match:Path=/{other}")]
    [InlineData("Routes:other:Match:Path=/{other:int}", "Routes:shop-route:Match:Path=/{shop:alpha}")]
    public async Task Routes_of_which_one_goes_first_may_match_alike(params string[] settings)
    {
        await using var shop = Saying("shop");
        await using var other = Saying("other");
        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            .. RouteTo(shop.Address, "/shop"), ("ReverseProxy:Routes:other:ClusterId", "other"), .. settings.Select(Setting),
            ("ReverseProxy:Clusters:other:Destinations:only:Address", other.Address.AbsoluteUri),
        ]);

        Assert.Equal("shop", await gateway.Client.GetStringAsync("/shop"));
    }

    [Fact]
    public async Task The_app_s_loop_reports_are_read_and_taken_off_on_each_route()
    {
        await using var shop = ScriptedServer.Always("HTTP/1.1 200 OK\r\nX-Loop: id=9f3c21aa.17;use=1\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(RouteTo(shop.Address, "/shop"));

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/shop");

        Assert.False(answer.Headers.Contains("X-Loop"));
        Assert.Equal("9f3c21aa.17", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "loopgate.loop.id"));
    }

    private static (string Key, string Value) Setting(string text) => ($"ReverseProxy:{text.Split('=')[0]}", text[(text.IndexOf('=') + 1)..]);

    private static ScriptedServer Saying(string name) => ScriptedServer.Always($"HTTP/1.1 200 OK\r\nContent-Length: {name.Length}\r\n\r\n{name}");

    private static (string Key, string Value)[] RouteTo(Uri address, string path) =>
    [
        ("ReverseProxy:Routes:shop-route:ClusterId", "shop-cluster"), ("ReverseProxy:Routes:shop-route:Match:Path", path),
        ("ReverseProxy:Clusters:shop-cluster:Destinations:only:Address", address.AbsoluteUri),
    ];
}

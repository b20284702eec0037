using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Views;

/// <summary>Which requests are answered from Elasticsearch, with what, and which fall through to the app.</summary>
public sealed class InfoViewTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/?x=1")]
    [InlineData("/?")]
    [InlineData("http://shop.example/")]
    [InlineData("http://shop.example/?x=1")]
    public async Task The_root_is_answered_from_Elasticsearch(string target)
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(node, app);

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"GET {target} HTTP/1.1\r\nHost: shop.example\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal(ScriptedNode.GreetingByFlask, answer.Body);
        Assert.Equal("/", Assert.Single(node.Requests).Target);
        Assert.Empty(app.Requests);
    }

    [Fact]
    public async Task A_view_that_is_switched_off_leaves_its_path_to_the_app()
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri), ("Views:info:Enabled", "false"));

        await RawClient.ExchangeAsync(gateway.Address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal("/", Assert.Single(app.Requests).Target);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_HEAD_has_the_length_of_the_body_and_no_body()
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(node, app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        RawAnswer answer = await client.ReadAnswerAsync(toHead: true);

        Assert.Equal(200, answer.Status);
        Assert.Equal(ScriptedNode.GreetingByFlask.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Field("Content-Length"));
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(app.Requests);
    }

    [Theory]
    [InlineData("POST", "/")]
    [InlineData("PUT", "/")]
    [InlineData("OPTIONS", "/")]
    [InlineData("DELETE", "/")]
    [InlineData("GET", "//")]
    [InlineData("GET", "/%2F")]
    [InlineData("GET", "/;")]
    [InlineData("GET", "/INFO")]
    [InlineData("GET", "/Info")]
    [InlineData("GET", "/info/")]
    [InlineData("GET", "//info")]
    [InlineData("GET", "/inf%6F")]
    [InlineData("GET", "/info/x")]
    [InlineData("POST", "/info")]
    public async Task What_differs_in_the_least_goes_to_the_app_as_it_is(string method, string target)
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(node, app, ("Views:second:Path", "/info"), ("Views:second:Elasticsearch", "GET /"));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal("app", answer.Body);
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal((method, target), (request.Method, request.Target));
        Assert.Empty(node.Requests);
    }

    [Theory]
    [InlineData("/info", "/_cluster/health")]
    [InlineData("/INFO", "/_cat/nodes?format=json")]
    public async Task Views_whose_paths_differ_in_case_are_two(string path, string asked)
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(
            node, app, ("Views:one:Path", "/info"), ("Views:one:Elasticsearch", "GET /_cluster/health"),
            ("Views:two:Path", "/INFO"), ("Views:two:Elasticsearch", "GET /_cat/nodes?format=json"));

        using HttpResponseMessage answer = await gateway.Client.GetAsync(path);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(asked, Assert.Single(node.Requests).Target);
    }

    [Fact]
    public async Task Two_views_with_one_path_stop_the_start_with_a_sentence()
    {
        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync(
            ("Views:second:Path", "/"), ("Views:second:Elasticsearch", "GET /_cluster/health")));

        string sentence = Assert.Single(refused.Problems);
        Assert.StartsWith("Views: ", sentence, StringComparison.Ordinal);
        Assert.Contains("info", sentence, StringComparison.Ordinal);
        Assert.Contains("second", sentence, StringComparison.Ordinal);
        Assert.EndsWith(" have the same path /.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_the_call_to_the_cluster()
    {
        var asked = new TaskCompletionSource();
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            asked.SetResult();
            await connection.StallAsync();
        });
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(node, app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        client.Reset();

        await node.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("499", TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Equal("client_left", TraceOfOne.Attribute(trace.Server, "error.type"));
    }

    private static ScriptedServer App() => ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napp");

    private static Task<GatewayHost> StartAsync(ScriptedServer node, ScriptedServer app, params (string Key, string Value)[] settings) => GatewayHost.StartAsync(
        [("Elasticsearch:Nodes:0", node.Address.AbsoluteUri), ("Legacy:Address", app.Address.AbsoluteUri), .. settings]);
}

using Gateway.Tests.Hosting;

namespace Gateway.Tests.Listening;

/// <summary>What the admin listener answers, and what it does not.</summary>
public sealed class AdminPortTests
{
    [Theory]
    [InlineData("/livez", "live\n")]
    [InlineData("/readyz", "ready\n")]
    public async Task Health_is_answered_on_the_admin_port(string path, string expected)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();

        Assert.Equal(expected, await gateway.Client.GetStringAsync(new Uri(gateway.Admin, path)));
    }

    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/api/traces")]
    [InlineData("/style.css")]
    [InlineData("/traces/0af7651916cd43dd8448eb211c80319c")]
    public async Task On_a_data_port_the_same_paths_are_the_apps_whatever_the_Host_says(string path)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        foreach (string host in new[] { "shop.example", gateway.Admin.Authority, $"localhost:{gateway.Admin.Port}" })
        {
            Assert.Equal("app", (await RawClient.ExchangeAsync(gateway.Address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).Body);
            Assert.Equal("app", (await RawClient.ExchangeAsync(gateway.Address, $"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).Body);
        }

        Assert.Equal(6, app.Requests.Count(request => request.Target == path));
    }

    [Theory]
    [InlineData("GET", "/app")]
    [InlineData("POST", "/app")]
    [InlineData("GET", "/info")]
    [InlineData("GET", "//")]
    [InlineData("GET", "/shop")]
    [InlineData("GET", "/livez/")]
    [InlineData("GET", "/app/../../x")]
    public async Task No_path_of_the_app_is_reachable_through_the_admin_port(string method, string path)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Views:second:Path", "/info"), ("Views:second:Elasticsearch", "GET /"),
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/shop"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(
            gateway.Admin, $"{method} {path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(path == "/livez/" ? 200 : 404, answer.Status);
        Assert.Empty(app.Requests);
    }

    [Theory]
    [InlineData("POST", "/livez")]
    [InlineData("POST", "/")]
    [InlineData("DELETE", "/api/traces")]
    public async Task Only_reading_is_possible_on_the_admin_port(string method, string path)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Admin, $"{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");

        Assert.True(answer.Status is 404 or 405, $"{answer.Status}");
        Assert.Empty(app.Requests);
    }

    private static ScriptedServer App() => ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napp");
}

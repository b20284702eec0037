using Gateway.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Clusters of the operator's own: YARP's balancing, health checks and affinity as it documents them, and the options that it lacks.</summary>
public sealed class ClusterTests : IAsyncDisposable
{
    private readonly ScriptedServer _one = Saying("one");
    private readonly ScriptedServer _two = Saying("two");

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Requests_are_spread_over_the_destinations_in_turn()
    {
        await using GatewayHost gateway = await StartAsync(("LoadBalancingPolicy", "RoundRobin"));

        string[] answers = await GetAsync(gateway, 10);

        Assert.Equal((5, 5), (answers.Count(static answer => answer == "one"), answers.Count(static answer => answer == "two")));
    }

    [Fact]
    public async Task A_destination_that_fails_its_active_checks_gets_no_request_until_it_passes_one()
    {
        bool ill = true;
        await using var third = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync(request.Target == "/health" && ill ? "HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n" : Answer("third"));
            }
        });
        await using GatewayHost gateway = await StartAsync(
            ("Destinations:three:Address", third.Address.AbsoluteUri), ("LoadBalancingPolicy", "RoundRobin"),
            ("HealthCheck:Active:Enabled", "true"), ("HealthCheck:Active:Interval", "00:00:00.1"), ("HealthCheck:Active:Path", "/health"));

        await Eventually.Async(async () => !(await GetAsync(gateway, 6)).Contains("third"), "the ill one to be left out");
        Assert.Equal(["one", "two"], (await GetAsync(gateway, 6)).Distinct().Order());
        ill = false;

        await Eventually.Async(async () => (await GetAsync(gateway, 6)).Contains("third"), "the healthy one to be asked again");
    }

    [Fact]
    public async Task A_destination_that_cannot_be_reached_is_left_out_by_the_passive_check()
    {
        await using GatewayHost gateway = await StartAsync(
            ("Destinations:three:Address", "http://127.0.0.1:1"), ("LoadBalancingPolicy", "RoundRobin"),
            ("HealthCheck:Passive:Enabled", "true"), ("HealthCheck:Passive:Policy", "TransportFailureRate"), ("HealthCheck:Passive:ReactivationPeriod", "00:10:00"));

        List<int> statuses = [];
        for (int i = 0; i < 60; i++)
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync("/shop");
            statuses.Add((int)answer.StatusCode);
        }

        // YARP judges a destination by its first ten answers at the earliest.
        Assert.Equal(10, statuses.Count(static status => status == 502));
        Assert.All(statuses.Skip(32), static status => Assert.Equal(200, status));
    }

    [Fact]
    public async Task A_session_stays_with_its_destination()
    {
        await using GatewayHost gateway = await StartAsync(
            ("LoadBalancingPolicy", "RoundRobin"), ("SessionAffinity:Enabled", "true"), ("SessionAffinity:Policy", "Cookie"), ("SessionAffinity:AffinityKeyName", "shop-session"));

        RawAnswer first = await RawClient.ExchangeAsync(gateway.Address, "GET /shop HTTP/1.1\r\nHost: h\r\n\r\n");
        string cookie = first.Field("Set-Cookie")!.Split(';')[0];
        Assert.StartsWith("shop-session=", cookie, StringComparison.Ordinal);

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(first.Body, (await RawClient.ExchangeAsync(gateway.Address, $"GET /shop HTTP/1.1\r\nHost: h\r\nCookie: {cookie}\r\n\r\n")).Body);
        }

        Assert.Equal(["one", "two"], (await GetAsync(gateway, 4)).Distinct().Order());
    }

    [Theory]
    [InlineData("FirstByteTimeout")]
    [InlineData("TotalTimeout")]
    public async Task A_server_that_is_silent_is_a_504_after_its_clusters_own_limit(string limit)
    {
        await using var silent = new ScriptedServer(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await StartAsync(
            ("Destinations:one:Address", silent.Address.AbsoluteUri), ("Destinations:two:Address", silent.Address.AbsoluteUri), ($"Loopgate:{limit}", "00:00:00.2"));

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/shop");

        Assert.Equal(504, (int)answer.StatusCode);
        await (await silent.FirstAsync()).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("GET /shop HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("POST /shop HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")]
    [InlineData("POST /shop HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")]
    public async Task A_request_that_waits_for_a_connection_is_a_504_after_the_limit_of_the_first_byte(string request)
    {
        await using var busy = new ScriptedServer(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await StartAsync(
            ("Destinations:one:Address", busy.Address.AbsoluteUri), ("Destinations:two:Address", busy.Address.AbsoluteUri),
            // The first request, too, is held to it until its answer has begun.
            ("HttpClient:MaxConnectionsPerServer", "1"), ("Loopgate:FirstByteTimeout", "00:00:02"));
        using RawClient first = await RawClient.ConnectAsync(gateway.Address);
        await first.SendAsync("GET /shop HTTP/1.1\r\nHost: h\r\n\r\n");
        await first.ReadUntilAsync("begun");

        Assert.Equal(504, (await RawClient.ExchangeAsync(gateway.Address, request)).Status);
        Assert.Single(busy.Connections);
    }

    [Theory]
    [InlineData("ReuseConnections", "true", 1)]
    [InlineData("ReuseConnections", "false", 6)]
    public async Task Connections_are_kept_as_the_cluster_says(string key, string value, int connections)
    {
        await using GatewayHost gateway = await StartAsync(
            ("Destinations:two:Address", _one.Address.AbsoluteUri), ($"Loopgate:{key}", value), ("Loopgate:PooledConnectionIdleTimeout", "00:01:00"));

        Assert.All(await GetAsync(gateway, 6), static answer => Assert.Equal("one", answer));

        Assert.Equal(connections, _one.Connections.Count);
    }

    /// <summary>A pool is replaced by one of the new settings; one whose settings stay keeps its connection.</summary>
    [Fact]
    public async Task Changed_options_of_a_cluster_are_used_without_a_restart()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.One, """, "Loopgate": { "PooledConnectionIdleTimeout": "00:01:00" }"""));
        await scene.GetAsync("/shop");
        await scene.ChangeAsync(ReloadScene.Route("/{x}", scene.One, """, "Loopgate": { "PooledConnectionIdleTimeout": "00:01:00" }"""));
        await scene.GetAsync("/shop");
        Assert.Single(scene.One.Connections);

        await scene.ChangeAsync(ReloadScene.Route("/{x}", scene.One, """, "Loopgate": { "ReuseConnections": false }"""));
        await scene.GetAsync("/shop");
        await scene.GetAsync("/shop");

        Assert.Equal(3, scene.One.Connections.Count);
    }

    [Theory]
    [InlineData("Loopgate:ConectTimeout", "00:00:01")]
    [InlineData("Loopgate:ConnectTimeout", "1")]
    [InlineData("Loopgate:PooledConnectionLifetime", "00:00:00")]
    [InlineData("LoadBalancing", "RoundRobin")]
    [InlineData("Destinations:one:Adress", "http://127.0.0.1:1")]
    [InlineData("HealthCheck:Active:Intervall", "00:00:01")]
    [InlineData("HttpClient:PooledConnectionLifetime", "00:00:01")]
    public async Task A_key_that_nothing_reads_and_a_value_out_of_range_stop_the_start(string key, string value)
    {
        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync((key, value)));

        Assert.StartsWith($"ReverseProxy:Clusters:shop:{key}: ", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(params (string Key, string Value)[] cluster) => GatewayHost.StartAsync(
    [
        ("ReverseProxy:Routes:shop:ClusterId", "shop"), ("ReverseProxy:Routes:shop:Match:Path", "/shop"),
        ("ReverseProxy:Clusters:shop:Destinations:one:Address", _one.Address.AbsoluteUri),
        ("ReverseProxy:Clusters:shop:Destinations:two:Address", _two.Address.AbsoluteUri),
        .. cluster.Select(static setting => ($"ReverseProxy:Clusters:shop:{setting.Key}", setting.Value)),
    ]);

    private static async Task<string[]> GetAsync(GatewayHost gateway, int count)
    {
        string[] answers = new string[count];
        for (int i = 0; i < count; i++)
        {
            answers[i] = await gateway.Client.GetStringAsync("/shop");
        }

        return answers;
    }

    private static string Answer(string name) => $"HTTP/1.1 200 OK\r\nContent-Length: {name.Length}\r\n\r\n{name}";

    private static ScriptedServer Saying(string name) => ScriptedServer.Always(Answer(name));
}

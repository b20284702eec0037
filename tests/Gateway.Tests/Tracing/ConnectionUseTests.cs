using System.Globalization;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Tracing;

/// <summary>Which connection a request rode on, and as the how-manieth, as the other side counts it.</summary>
public sealed class ConnectionUseTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string OkAndBye = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    [Fact]
    public async Task Fifty_requests_in_a_row_are_counted_as_the_server_counts_them()
    {
        await using ScriptedServer app = ClosingAfter(7);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        for (int i = 0; i < 50; i++)
        {
            await gateway.Client.GetStringAsync(Path(i));
        }

        await AgreesAsync(gateway, app, 50);
        Assert.True(app.Connections.Count >= 8);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(3)]
    public async Task Two_hundred_requests_at_once_are_counted_as_the_server_counts_them(int requestsPerConnection)
    {
        await using ScriptedServer app = ClosingAfter(requestsPerConnection);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => gateway.Client.GetStringAsync(Path(i))));

        await AgreesAsync(gateway, app, 200);
    }

    [Fact]
    public async Task Uploads_are_counted_once_each_however_many_writes_they_take()
    {
        await using ScriptedServer app = ClosingAfter(1000);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using HttpResponseMessage answer = await gateway.Client.PostAsync(Path(i), new ByteArrayContent(new byte[300_000]));
            answer.EnsureSuccessStatusCode();
        }));

        await AgreesAsync(gateway, app, 20);
    }

    [Fact]
    public async Task A_connection_that_was_stale_counts_as_an_attempt_and_the_next_one_is_named()
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Ok);
            await connection.ReadRequestAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"));

        await gateway.Client.GetStringAsync("/first");
        await gateway.Client.GetStringAsync("/stale");
        await gateway.Client.GetStringAsync("/fresh");

        IReadOnlyList<Ride> rides = await Ride.AllAsync(gateway, 3);
        Assert.Equal(
            [("/first", 1, 1), ("/stale", 2, 1), ("/stale", 1, 2), ("/fresh", 1, 1)], rides.Select(static ride => (ride.Path, ride.Use, ride.Attempts)));
        Assert.Equal(rides[0].Connection, rides[1].Connection);
        Assert.Distinct(rides.Skip(1).Select(static ride => ride.Connection));
        Assert.Equal([2, 1, 1], app.Connections.Select(static connection => connection.Requests.Count));
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Fact]
    public async Task A_request_that_found_no_connection_has_no_attempt_and_names_none()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/a");

        TraceOfOne trace = await gateway.TraceAsync();
        System.Text.Json.JsonElement call = Assert.Single(trace.HttpCalls);
        Assert.Equal("0", TraceOfOne.Attribute(call, "loopgate.connection.attempts"));
        Assert.All(["id", "use", "reused", "age"], name => Assert.Null(TraceOfOne.Attribute(call, $"loopgate.connection.{name}")));
        Assert.Equal("connection_error", TraceOfOne.Attribute(call, "error.type"));
        Assert.Equal("127.0.0.1", TraceOfOne.Attribute(call, "server.address"));
        await gateway.StopAsync();
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Fact]
    public async Task A_request_whose_client_left_has_its_connection_named()
    {
        var working = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            working.SetResult();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        await working.Task.WaitAsync(TimeSpan.FromSeconds(10));
        client.Reset();

        Ride ride = Assert.Single(await Ride.AllAsync(gateway, 1));
        Assert.NotNull(ride.Connection);
        Assert.Equal((1, 1), (ride.Use, ride.Attempts));
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Fact]
    public async Task HTTP2_by_ALPN_is_counted_where_the_operator_asks_for_1_1_or_higher()
    {
        await using KestrelBackend backend = await KestrelBackend.StartAsync(HttpProtocols.Http1AndHttp2, tls: true);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/{**rest}"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", backend.Address.AbsoluteUri),
            ("ReverseProxy:Clusters:c:HttpClient:DangerousAcceptAnyServerCertificate", "true"),
            ("ReverseProxy:Clusters:c:HttpRequest:Version", "1.1"), ("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "RequestVersionOrHigher"),
            ("ReverseProxy:Clusters:c:Loopgate:PooledConnectionIdleTimeout", "00:01:00"));

        await gateway.Client.GetStringAsync("/0");
        await gateway.Client.GetStringAsync("/1");

        Assert.Equal([1L, 2L], (await Ride.AllAsync(gateway, 2)).Select(static ride => ride.Use));
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    [Fact]
    public async Task The_connections_of_two_peers_are_told_apart()
    {
        await using ScriptedServer app = ClosingAfter(1000);
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => gateway.Client.GetStringAsync(i % 2 == 0 ? new Uri("/", UriKind.Relative) : Path(i))));

        IReadOnlyList<Ride> rides = await Ride.AllAsync(gateway, 20);
        Assert.Empty(rides.Where(static ride => ride.Path == "/").Select(static ride => ride.Connection)
            .Intersect(rides.Where(static ride => ride.Path != "/").Select(static ride => ride.Connection)));
        Assert.Equal(["elasticsearch", "legacy"], gateway.Exported.Select(static span => span.GetTagItem("loopgate.connection.peer")).OfType<string>().Distinct().Order());
    }

    private static async Task AgreesAsync(GatewayHost gateway, ScriptedServer app, int count)
    {
        IReadOnlyList<Ride> rides = await Ride.AllAsync(gateway, count);
        Assert.Equal(count, rides.Count);
        Assert.All(rides, static ride => Assert.Equal(1, ride.Attempts));
        Ride.AgreeWith(Ride.Served(app), rides);
        Ride.LinksLeadToSetups(gateway.Exported);
        Assert.All(gateway.Exported.Where(static span => span.GetTagItem("loopgate.connection.use") is not null), static span =>
            Assert.Equal((long)span.GetTagItem("loopgate.connection.use")! > 1, span.GetTagItem("loopgate.connection.reused")));
    }

    private static Uri Path(int number) => new(string.Create(CultureInfo.InvariantCulture, $"/{number}"), UriKind.Relative);

    private static ScriptedServer ClosingAfter(int requests) => new(async connection =>
    {
        for (int i = 1; await connection.ReadRequestAsync() is not null; i++)
        {
            await connection.SendAsync(i < requests ? Ok : OkAndBye);
            if (i == requests)
            {
                return;
            }
        }
    });
}

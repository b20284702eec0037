using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>SIGTERM while there is much to do: what the clients have begun ends well, and what does not end is cut and counted.</summary>
public sealed class DrainUnderLoadTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    /// <summary>A stream of so many lasts for some seconds longer than the wait under load.</summary>
    private const int Pieces = 180;
    private static readonly byte[] _piece = Encoding.ASCII.GetBytes(new string('x', 1_000));

    private int _streaming;
    private int _silent;

    private int Streaming => Volatile.Read(ref _streaming);

    private int Silent => Volatile.Read(ref _silent);

    [Fact]
    public async Task An_idle_gateway_ends_once_the_wait_is_over_though_clients_keep_their_connections()
    {
        await using LocalServer app = await LocalServer.StartAsync(AnswerAsync);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        await Load.AtOnceAsync(gateway.Address, "/", 8, connections: 8);
        await Load.GetAsync(gateway.Client, "/");

        gateway.Process.Terminate();

        Assert.Equal(0, await gateway.Process.ExitAsync());
        Assert.Equal([200, 201], DrainEvents(gateway));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Load_on_kept_connections_through_a_sigterm_loses_no_request_and_cuts_no_body(string version)
    {
        await using LocalServer app = await LocalServer.StartAsync(AnswerAsync);
        GatewayProcess gateway = await StartAsync(app, version, "--Draining:Wait=00:00:15");
        await using var load = new VersionedLoad(gateway.Address, version, clients: 16);
        await Eventually.Holds(() => load.Answered > 200, "some answers");
        Task<byte[]>[] streams = [.. Enumerable.Range(0, 20).Select(_ => StreamAsync(gateway.Address, version))];
        await Eventually.Holds(() => Streaming == 20, "the streams to begin");

        gateway.Process.Terminate();
        await Eventually.HoldsAsync(async () => await gateway.ReadinessAsync() == HttpStatusCode.ServiceUnavailable, "readiness to go off");
        Assert.Equal("live\n", await gateway.AdminClient.GetStringAsync("/livez"));
        int before = load.Answered;
        await Eventually.Holds(() => load.Answered > before + 100, "answers while it drains");
        // Clients come back to another one once readiness is off, as behind a balancer.
        int answered = await load.StopAsync();
        byte[][] bodies = await Task.WhenAll(streams);

        Output.WriteLine($"HTTP/{version}: {answered} answers, {load.Lost.Count} lost, {bodies.Length} streams of {Pieces * _piece.Length} bytes");
        Assert.Empty(load.Lost);
        Assert.All(bodies, static body => Assert.Equal(Pieces * _piece.Length, body.Length));
        Assert.Equal(0, await gateway.Process.ExitAsync());
        Assert.Equal([200, 201], DrainEvents(gateway));
    }

    [Fact]
    public async Task At_the_deadline_the_rest_is_cut_and_counted()
    {
        await using LocalServer app = await LocalServer.StartAsync(AnswerAsync);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere, "--Draining:Deadline=00:00:01");
        using ClientWebSocket first = await WebSocketAsync(gateway);
        using ClientWebSocket second = await WebSocketAsync(gateway);
        Task<HttpResponseMessage>[] silent = [.. Enumerable.Range(0, 3).Select(_ => gateway.Client.GetAsync("/silent"))];
        await Eventually.Holds(() => Silent == 3, "the requests to arrive");

        gateway.Process.Terminate();

        Assert.Equal(0, await gateway.Process.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Task.WhenAll(silent));
        LogEntry cut = Assert.Single(gateway.Log, static entry => entry.EventId == 202);
        Assert.Equal(("Warning", "Drained, with what did not end in time cut: 3 requests and 2 WebSockets."), (cut.LogLevel, cut.Message));
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Error" or "Critical");
    }

    [Theory]
    [InlineData("00:05:00", "00:10:00")]
    [InlineData("00:00:00", "00:10:00")]
    public async Task A_second_signal_ends_it_at_once(string wait, string deadline)
    {
        await using LocalServer app = await LocalServer.StartAsync(AnswerAsync);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere, $"--Draining:Wait={wait}", $"--Draining:Deadline={deadline}");
        Task<HttpResponseMessage> silent = gateway.Client.GetAsync("/silent");
        await Eventually.Holds(() => Silent == 1, "the request to arrive");

        gateway.Process.Terminate();
        await Eventually.Holds(() => DrainEvents(gateway).Contains(200), "the drain to begin");
        gateway.Process.Terminate();

        // Within the patience of the test, which is far below both times.
        Assert.Equal(0, await gateway.Process.ExitAsync());
        Assert.Equal([200, 202], DrainEvents(gateway));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => silent);
    }

    private Task<GatewayProcess> StartAsync(LocalServer app, string version, string setting) => GatewayProcess.StartAsync(
        Processes, app.Address, Loopback.Nowhere, setting, $"--Kestrel:Endpoints:Http:Protocols={(version == "2.0" ? "Http2" : "Http1")}");

    private static int[] DrainEvents(GatewayProcess gateway) => [.. gateway.Log.Select(static entry => entry.EventId).Where(static id => id is >= 200 and < 300)];

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[16], context.RequestAborted);
        }
        else if (context.Request.Path == "/silent")
        {
            Interlocked.Increment(ref _silent);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }
        else if (context.Request.Path == "/stream")
        {
            Interlocked.Increment(ref _streaming);
            for (int i = 0; i < Pieces; i++)
            {
                await context.Response.Body.WriteAsync(_piece);
                await Task.Delay(100);
            }
        }
        else
        {
            await context.Response.WriteAsync("done");
        }
    }

    private static async Task<ClientWebSocket> WebSocketAsync(GatewayProcess gateway)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/socket"), CancellationToken.None);
        return socket;
    }

    private static async Task<byte[]> StreamAsync(Uri address, string version)
    {
        using HttpClient client = VersionedLoad.Client(address, version);
        client.Timeout = TimeSpan.FromMinutes(1);
        return await client.GetByteArrayAsync("/stream");
    }
}

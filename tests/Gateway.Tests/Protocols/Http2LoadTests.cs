using System.Net;
using System.Net.Sockets;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Protocols;

/// <summary>A client that asks much of one HTTP/2 connection: the app is let go, memory stays bounded, and the others are served all along.</summary>
[Collection(nameof(Alone))]
public sealed class Http2LoadTests
{
    private const int Frames = 20_000;

    private static readonly byte[] _block = Http2Frame.Get("/flood");

    /// <summary>The floods, and whether one is refused with its connection for sure; the others may be taken whole, they cost their sender as much.</summary>
    public static TheoryData<string, bool> Floods => new()
    {
        { "requests that are reset at once", false },
        { "a head without an end", true },
        { "settings", false },
        { "pings", false },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_of_frames_costs_the_others_nothing(string flood, bool isRefused)
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target == "/flood")
                {
                    await connection.StallAsync();
                    return;
                }

                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        gateway.ErrorsAreExpected = true;
        using var flooding = new CancellationTokenSource();
        int served = 0;
        Task others = ServeOthersAsync(gateway, () => Interlocked.Increment(ref served), flooding.Token);
        await Eventually.Holds(() => Volatile.Read(ref served) > 0, "the others to be served");
        long memory = GC.GetTotalMemory(forceFullCollection: true);

        using (RawClient attacker = await RawClient.ConnectAsync(gateway.Address))
        {
            await attacker.SendAsync(Http2Frame.Preface);
            await attacker.SendAsync(Http2Frame.Of(Http2Frame.Headers, Http2Frame.EndsStreamAndHeaders, 1, _block));
            await Eventually.Holds(() => Flooded(app).Any(), "the app to have a request of the connection that floods");
            int before = Volatile.Read(ref served);
            bool WereServed() => Volatile.Read(ref served) > before;
            bool wasRefused = await FloodAsync(attacker, flood, WereServed);
            Assert.True(wasRefused || !isRefused, "the gateway took all of the flood");
            Assert.True(wasRefused || WereServed(), "the others were not served meanwhile");
            // A flood that is refused at its start ends sooner than any request.
            await Eventually.Holds(WereServed, "the others to be served on");
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 64 << 20);
        }

        await Eventually.Holds(() => Flooded(app).All(static connection => connection.ClientLeft.IsCompleted), "the app to be let go");
        await flooding.CancelAsync();
        await others;
        Assert.Equal("ready\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/readyz")));
        Assert.All(
            gateway.Log.Where(static entry => entry.Level >= LogLevel.Error),
            static entry => Assert.Equal((60, "Microsoft.AspNetCore.Server.Kestrel.Http2"), (entry.Id, entry.Category)));
    }

    [Fact]
    public async Task A_thousand_requests_at_once_on_one_connection_are_all_answered_a_hundred_at_a_time()
    {
        (int now, int most) = (0, 0);
        var gate = new Lock();
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                lock (gate)
                {
                    most = Math.Max(most, ++now);
                }

                await Task.Delay(1);
                lock (gate)
                {
                    now--;
                }

                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        int connections = 0;
        using var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false };
        handler.ConnectCallback = async (context, cancellation) =>
        {
            Interlocked.Increment(ref connections);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var client = new HttpClient(handler)
        {
            BaseAddress = gateway.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(number => client.GetStringAsync(new Uri($"/{number + 1}", UriKind.Relative))));

        Assert.All(answers, static answer => Assert.Equal("ok", answer));
        Assert.Equal(1_000, app.Requests.Select(static request => request.Target).Distinct().Count());
        Assert.Equal(1, connections);
        Assert.InRange(most, 2, 100);
    }

    private static IEnumerable<ScriptedConnection> Flooded(ScriptedServer app) =>
        app.Connections.Where(static connection => connection.Requests.Any(static request => request.Target == "/flood"));

    /// <summary>Sends until the gateway ends the connection, which is true, or all is sent, and then on until others were served, at most ten times as much.</summary>
    private static async Task<bool> FloodAsync(RawClient attacker, string flood, Func<bool> wereServed)
    {
        try
        {
            for (int i = 0; i < Frames || (i < 10 * Frames && !wereServed()); i++)
            {
                int stream = (2 * i) + 3;
                await attacker.SendAsync(flood switch
                {
                    "requests that are reset at once" => [.. Http2Frame.Of(Http2Frame.Headers, Http2Frame.EndsStreamAndHeaders, stream, _block), .. Http2Frame.Of(Http2Frame.ResetStream, 0, stream, [0, 0, 0, 8])],
                    "a head without an end" => i == 0 ? Http2Frame.Of(Http2Frame.Headers, 0, stream, _block) : Http2Frame.Of(Http2Frame.Continuation, 0, 3, [0x00, 0x01, (byte)'a', 0x01, (byte)'b']),
                    "settings" => Http2Frame.Of(Http2Frame.Settings, 0, 0, [0, 3, 0, 0, 0, 100]),
                    "pings" => Http2Frame.Of(Http2Frame.Ping, 0, 0, new byte[8]),
                    _ => throw new ArgumentOutOfRangeException(nameof(flood), flood, "is no flood"),
                });
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task ServeOthersAsync(GatewayHost gateway, Action served, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/well") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage answer = await gateway.Client.SendAsync(request, CancellationToken.None);
            Assert.Equal("ok", await answer.Content.ReadAsStringAsync(CancellationToken.None));
            served();
        }
    }
}

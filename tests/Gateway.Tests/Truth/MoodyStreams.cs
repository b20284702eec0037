using System.Collections.Concurrent;
using System.Net.WebSockets;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Tests.Truth;

/// <summary>The same moods over HTTP/2: slow answers, streams that are reset, connections that say goodbye, and some that are cut.</summary>
internal sealed class MoodyStreams : IAsyncDisposable
{
    private readonly Chance _chance;
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly ConcurrentDictionary<string, int> _connections = new();
    private KestrelBackend? _backend;
    private int _accepted;
    private int _numbered;

    private MoodyStreams(Chance chance) => _chance = chance;

    public Uri Address => _backend!.Address;

    /// <summary>Every request that arrived, with the connection and the stream that it came on; one that was sent twice is there twice.</summary>
    public IReadOnlyCollection<Arrival> Arrivals => _arrivals;

    /// <summary>How many connections were accepted.</summary>
    public int Accepted => _accepted;

    public static async Task<MoodyStreams> StartAsync(Chance chance, bool tls)
    {
        var streams = new MoodyStreams(chance);
        streams._backend = await KestrelBackend.StartAsync(HttpProtocols.Http2, tls, streams.AnswerAsync, (limits, listen) =>
        {
            // So few that requests wait for each other where they may not have more connections.
            limits.Http2.MaxStreamsPerConnection = 3;
            listen.Use(streams.Greet);
        });
        return streams;
    }

    public ValueTask DisposeAsync() => _backend!.DisposeAsync();

    private ConnectionDelegate Greet(ConnectionDelegate next) => connection =>
    {
        if (_chance.OfConnection(Interlocked.Increment(ref _accepted)).Next(100) >= 4)
        {
            return next(connection);
        }

        connection.Abort();
        return Task.CompletedTask;
    };

    private async Task AnswerAsync(HttpContext context)
    {
        int number = MoodyBackend.NumberIn(context.Request.Path);
        int connection = _connections.GetOrAdd(context.Connection.Id, _ => Interlocked.Increment(ref _numbered));
        // A client's streams are odd: 1, 3, 5.
        int position = (context.Features.GetRequiredFeature<IHttp2StreamIdFeature>().StreamId + 1) / 2;
        _arrivals.Enqueue(new Arrival(connection, position, number));
        Random random = _chance.Of(number);
        if (context.WebSockets.IsWebSocketRequest)
        {
            await TalkAsync(context, random);
            return;
        }

        switch (random.Next(200))
        {
            case < 40:
                await Task.Delay(random.Next(1, 10));
                break;
            case < 48:
                context.Abort();
                break;
            case < 50:
                context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
                break;
            case < 51:
                context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
                break;
            default:
                break;
        }
    }

    private static async Task TalkAsync(HttpContext context, Random random)
    {
        try
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await MoodyBackend.TalkAsync(socket, random, context.RequestAborted);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // The client broke off.
        }
    }
}

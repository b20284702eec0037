using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Hosting;

/// <summary>
/// Stands between the gateway and a server, a connection to the one for each of the other's, and closes some: before a request went
/// on, instead of its answer, after it, or before anything was said. Writes down which requests it read on each, by the ids of their spans.
/// </summary>
public sealed class FickleRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<RelayedConnection> _connections = new();
    private readonly Uri _server;
    private readonly int _seed;
    private readonly Task _accepting;

    public FickleRelay(Uri server, int seed)
    {
        (_server, _seed) = (server, seed);
        _listener.Start(1000);
        Address = new Uri($"http://{_listener.LocalEndpoint}/");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>In the order of acceptance; complete once the relay has stopped.</summary>
    public IReadOnlyList<RelayedConnection> Connections => [.. _connections];

    /// <summary>Closes all connections.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        // In this order: a listener that was stopped between two connections takes the next call for a mistake.
        await _accepting;
        _listener.Stop();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> running = [];
        try
        {
            while (true)
            {
                Socket gateway = await _listener.AcceptSocketAsync(_stop.Token);
                var connection = new RelayedConnection();
                _connections.Enqueue(connection);
                running.Add(Task.Run(() => RelayAsync(gateway, connection, new Random(_seed + running.Count))));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task RelayAsync(Socket accepted, RelayedConnection connection, Random random)
    {
        using var gateway = new HttpBytes(accepted, _stop.Token);
        try
        {
            if (random.Next(100) < 3)
            {
                return;
            }

            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            using var server = new HttpBytes(socket, _stop.Token);
            await socket.ConnectAsync(IPAddress.Loopback, _server.Port, _stop.Token);
            connection.Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            while (await PassAsync(gateway, server, connection, random))
            {
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
        {
            // The gateway closed the connection, or the test is over.
        }
    }

    /// <summary>Passes one request on, and its answer back; false where the connection ends with it.</summary>
    private static async Task<bool> PassAsync(HttpBytes gateway, HttpBytes server, RelayedConnection connection, Random random)
    {
        if (await gateway.ReadAsync() is not { } request)
        {
            return false;
        }

        // traceparent: version, trace, span, flags.
        connection.Read.Add(HttpBytes.Field(request, "traceparent")!.Split('-')[2]);
        int mood = random.Next(100);
        if (mood < 3)
        {
            return false;
        }

        await server.WriteAsync(request);
        connection.Passed++;
        byte[] answer = await server.ReadAsync() ?? throw new IOException("The server closed the connection before it had answered.");
        if (mood < 6)
        {
            return false;
        }

        await gateway.WriteAsync(answer);
        return mood < 90;
    }
}

/// <summary>A connection through the relay.</summary>
public sealed class RelayedConnection
{
    /// <summary>The spans of the requests that were read from the gateway, in their order.</summary>
    public List<string> Read { get; } = [];

    /// <summary>How many of them went on to the server.</summary>
    public int Passed { get; set; }

    /// <summary>From which the relay speaks to the server; 0 where it did not.</summary>
    public int Port { get; set; }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Hosting;

/// <summary>A server on a bare socket, which does to each connection exactly what its script says, and keeps what it received.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ScriptedConnection> _connections = new();
    private readonly Task _accepting;

    /// <param name="script">What happens on each connection; it is closed when the script ends.</param>
    public ScriptedServer(Func<ScriptedConnection, Task> script)
    {
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}/");
        _accepting = AcceptAsync(script);
    }

    public Uri Address { get; }

    /// <summary>The connections in the order in which they were accepted.</summary>
    public IReadOnlyList<ScriptedConnection> Connections => [.. _connections];

    /// <summary>All requests, a connection after the other.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _connections.SelectMany(static connection => connection.Requests)];

    /// <summary>The first connection, once it was accepted: its client is connected, and may even have left, before.</summary>
    public async Task<ScriptedConnection> FirstAsync()
    {
        await Eventually.Holds(() => !_connections.IsEmpty, "a connection to be accepted");
        return Connections[0];
    }

    /// <summary>Answers every request with the same bytes, for as long as the client likes.</summary>
    public static ScriptedServer Always(string answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(answer);
        }
    });

    /// <summary>Answers every request with the same bytes, none before this has ended.</summary>
    public static ScriptedServer Once(Task mayAnswer, string answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.WaitAsync(mayAnswer);
            await connection.SendAsync(answer);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // In this order: a listener that was stopped between two connections takes the next call for a mistake.
        await _accepting;
        _listener.Stop();
        foreach (ScriptedConnection connection in _connections)
        {
            connection.Dispose();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<ScriptedConnection, Task> script)
    {
        List<Task> running = [];
        try
        {
            while (true)
            {
                var connection = new ScriptedConnection(await _listener.AcceptSocketAsync(_stop.Token), _stop.Token);
                _connections.Enqueue(connection);
                running.Add(RunAsync(script, connection));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(running);
        }
    }

    private static async Task RunAsync(Func<ScriptedConnection, Task> script, ScriptedConnection connection)
    {
        // The next connection is accepted whatever this one's script does.
        await Task.Yield();
        try
        {
            await script(connection);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The gateway closed the connection, or the test is over: neither is the script's business.
        }
        finally
        {
            connection.Dispose();
        }
    }
}

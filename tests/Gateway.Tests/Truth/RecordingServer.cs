using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Truth;

/// <summary>
/// A server on bare sockets, with TLS or without, that writes down for each connection that it accepted which requests arrived on it,
/// in their order; of a connection that has ended nothing else is kept.
/// </summary>
internal sealed class RecordingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, Task> _running = new();
    private readonly List<List<int>> _records = [];
    private readonly Task _accepting;

    /// <param name="certificate">With which TLS is spoken, where there is one.</param>
    /// <param name="greet">Whether a connection, by its number, is to be taken at all; else it is closed at once.</param>
    /// <param name="script">What happens on each connection; it is closed when the script ends.</param>
    public RecordingServer(X509Certificate2? certificate, Func<int, Socket, bool> greet, Func<RecordedConnection, Task> script)
    {
        _listener.Start(1000);
        Address = new Uri($"{(certificate is null ? "http" : "https")}://{_listener.LocalEndpoint}/");
        _accepting = AcceptAsync(certificate, greet, script);
    }

    public Uri Address { get; }

    /// <summary>All that arrived; complete once the server has stopped.</summary>
    public IEnumerable<Arrival> Arrivals =>
        _records.SelectMany(static (record, connection) => record.Select((number, at) => new Arrival(connection, at + 1, number)));

    /// <summary>How many connections were accepted.</summary>
    public int Accepted => _records.Count;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // In this order: a listener that was stopped between two connections takes the next call for a mistake.
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_running.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync(X509Certificate2? certificate, Func<int, Socket, bool> greet, Func<RecordedConnection, Task> script)
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                int number = _records.Count;
                List<int> record = [];
                _records.Add(record);
                if (!greet(number, socket))
                {
                    socket.Dispose();
                    continue;
                }

                Task run = Task.Run(() => RunAsync(socket, certificate, record, script));
                _running[number] = run;
                _ = run.ContinueWith(_ => _running.TryRemove(number, out Task? _), TaskScheduler.Default);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            // The run is over.
        }
    }

    private async Task RunAsync(Socket socket, X509Certificate2? certificate, List<int> record, Func<RecordedConnection, Task> script)
    {
        socket.NoDelay = true;
        await using var plain = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (certificate is null)
            {
                await script(new RecordedConnection(socket, plain, record, _stop.Token));
                return;
            }

            await using var tls = new SslStream(plain);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stop.Token);
            await script(new RecordedConnection(socket, tls, record, _stop.Token));
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // The gateway closed the connection, or the run is over: neither is the script's business.
        }
    }
}

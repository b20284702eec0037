using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd;

/// <summary>An app that gives so many answers on a connection and closes it where the next request comes, as one that restarts does.</summary>
internal sealed class DeployStaleServer : IDisposable
{
    private static readonly byte[] _answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _answersPerConnection;

    public DeployStaleServer(int answersPerConnection)
    {
        _answersPerConnection = answersPerConnection;
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            NetworkStream stream = connection.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            for (int answered = 0; await HeadEndsAsync(reader) && answered < _answersPerConnection; answered++)
            {
                await stream.WriteAsync(_answer);
            }
        }
    }

    private static async Task<bool> HeadEndsAsync(StreamReader reader)
    {
        string? line;
        while ((line = await reader.ReadLineAsync()) is { Length: > 0 })
        {
            // A header.
        }

        return line is not null;
    }
}

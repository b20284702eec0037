using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Ports of 127.0.0.1, and clients for them.</summary>
public static class Loopback
{
    private static readonly ConcurrentDictionary<int, bool> _handedOut = new();

    /// <summary>An address at which nothing listens.</summary>
    public static Uri Nowhere { get; } = new("http://127.0.0.1:9");

    /// <summary>
    /// A port that nothing listens on now, below those that the system hands out by itself: until it is used, and while a server is
    /// away, nobody else gets it. None is handed out twice.
    /// </summary>
    public static int FreePort()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                if (_handedOut.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException)
            {
                // In use: another one then.
            }
        }

        throw new InvalidOperationException("Found no free port.");
    }

    /// <summary>A client that follows no redirect, keeps no cookie, and has at most <paramref name="connections"/> connections.</summary>
    public static HttpClient Client(Uri address, int connections = 16) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxConnectionsPerServer = connections,
    })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(30),
    };
}

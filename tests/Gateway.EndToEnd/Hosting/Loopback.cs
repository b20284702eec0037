using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Ports of 127.0.0.1, and clients for them.</summary>
public static class Loopback
{
    /// <summary>An address at which nothing listens.</summary>
    public static Uri Nowhere { get; } = new("http://127.0.0.1:9");

    /// <summary>A port that nothing listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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

using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Clients that do what no client should: each a connection of its own, one after the other.</summary>
public static class BadClients
{
    private static readonly TimeSpan[] _hold = [TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500)];

    private static readonly string[] _openings =
    [
        // Leaves before the answer; within its own body; within its head.
        "GET /big HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nhalf",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "GET /quick HTTP/1.1\r\nHos",
        // No HTTP, or none that is served.
        "\u0016\u0003\u0001 nonsense\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];

    /// <summary>Sends an opening, reads nothing for a while, and leaves: by closing, or by a reset.</summary>
    public static async Task VisitAsync(Uri address, int number)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port);
            await socket.SendAsync(Encoding.Latin1.GetBytes(_openings[number % _openings.Length]));
            await Task.Delay(_hold[number / 3 % _hold.Length]);
            socket.LingerState = new LingerOption(number % 2 == 0, 0);
        }
        catch (SocketException)
        {
            // The gateway closed first, which is its right.
        }
    }
}

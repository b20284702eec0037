using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Truth;

/// <summary>
/// An app in every mood that a connection can meet: answers, slowly or not, closes with and without saying so, resets, breaks off,
/// and some connections it closes before anything was said.
/// </summary>
internal static class MoodyBackend
{
    /// <summary>The last part of the path names the request.</summary>
    public static int NumberIn(string target) => int.Parse(target.AsSpan(target.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);

    /// <summary>The loop that the app reports for a request: as random as the rest.</summary>
    public static string LoopReport(Chance chance, int request)
    {
        Random random = chance.Of(-request);
        return $"id=0badcafe.{random.Next(1, 50)};use={random.Next(1, 1000)}";
    }

    public static RecordingServer Start(Chance chance, X509Certificate2? certificate) =>
        new(certificate, (number, socket) => Greet(chance, number, socket), async connection =>
        {
            while (await connection.ReadRequestAsync() is int number)
            {
                if (!await (connection.Key is null ? AnswerAsync(chance, connection, number) : TalkAsync(chance, connection, number)))
                {
                    return;
                }
            }
        });

    /// <summary>Says a word back, and closes or breaks off: the connection carries no other request.</summary>
    public static async Task TalkAsync(WebSocket socket, Random random, CancellationToken stop)
    {
        var word = new byte[64];
        ValueWebSocketReceiveResult heard = await socket.ReceiveAsync(word.AsMemory(), stop);
        if (heard.MessageType == WebSocketMessageType.Text)
        {
            await socket.SendAsync(word.AsMemory(0, heard.Count), WebSocketMessageType.Text, endOfMessage: true, stop);
        }

        if (random.Next(4) == 0)
        {
            socket.Abort();
            return;
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, stop);
    }

    private static bool Greet(Chance chance, int number, Socket socket)
    {
        int mood = chance.OfConnection(number).Next(100);
        socket.LingerState = new LingerOption(mood < 2, 0);
        return mood >= 4;
    }

    private static async Task<bool> TalkAsync(Chance chance, RecordedConnection connection, int number)
    {
        try
        {
            using WebSocket socket = await connection.UpgradeAsync();
            await TalkAsync(socket, chance.Of(number), connection.Stop);
        }
        catch (WebSocketException)
        {
            // The client broke off.
        }

        return false;
    }

    private static async Task<bool> AnswerAsync(Chance chance, RecordedConnection connection, int number)
    {
        Random random = chance.Of(number);
        string head = $"HTTP/1.1 200 OK\r\nX-Loop: {LoopReport(chance, number)}\r\nContent-Length: 5\r\n";
        switch (random.Next(100))
        {
            case < 70:
                await connection.SendAsync(head + "\r\nhello");
                return true;
            case < 78:
                await Task.Delay(random.Next(1, 15));
                await connection.SendAsync(head + "\r\nhello");
                return true;
            case < 84:
                await connection.SendAsync(head + "\r\nhello");
                return false;
            case < 89:
                await connection.SendAsync(head + "Connection: close\r\n\r\nhello");
                return false;
            case < 92:
                connection.Reset();
                return false;
            case < 95:
                return false;
            case < 97:
                await connection.SendAsync(head + "\r\nhel");
                return false;
            default:
                await connection.SendAsync(head + "\r\nhello");
                connection.Reset();
                return false;
        }
    }
}

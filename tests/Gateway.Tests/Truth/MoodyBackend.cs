using System.Globalization;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Truth;

/// <summary>
/// An app in every mood that a connection can meet: answers, slowly or not, closes with and without saying so, resets, breaks off.
/// </summary>
internal static class MoodyBackend
{
    /// <summary>The last part of the path names the request.</summary>
    public static int NumberIn(string target) => int.Parse(target[(target.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);

    /// <summary>The loop that the app reports for a request: as random as the rest.</summary>
    public static string LoopReport(Chance chance, int request)
    {
        Random random = chance.Of(-request);
        return $"id=0badcafe.{random.Next(1, 50)};use={random.Next(1, 1000)}";
    }

    public static ScriptedServer Start(Chance chance) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            if (!await AnswerAsync(chance, connection, NumberIn(request.Target)))
            {
                return;
            }
        }
    });

    private static async Task<bool> AnswerAsync(Chance chance, ScriptedConnection connection, int number)
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

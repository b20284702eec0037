using System.Globalization;
using System.Net.WebSockets;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Truth;

/// <summary>Clients that all want something at once; some leave before they have it, some want a WebSocket, some what is not there.</summary>
internal static class Crowd
{
    /// <summary>Requests to the app over as many connections as it takes.</summary>
    public const string Many = "/many/";

    /// <summary>Requests to the same app over so few connections that they wait for each other.</summary>
    public const string Few = "/few/";

    /// <summary>Requests to where nobody listens.</summary>
    public const string Gone = "/gone/";

    private const int Clients = 16;

    /// <summary>Sends all requests of the run, and says how they ended for their clients.</summary>
    public static async Task<Tally> SendAsync(GatewayHost gateway, Chance chance)
    {
        var tally = new Tally();
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is int number && number <= chance.Requests)
            {
                await SendOneAsync(gateway, chance.OfClient(number), number, tally);
            }
        })));
        return tally;
    }

    private static async Task SendOneAsync(GatewayHost gateway, Random random, int number, Tally tally)
    {
        string route = random.Next(100) switch { < 2 => Gone, < 25 => Few, _ => Many };
        var path = new Uri(gateway.Address, route + number.ToString(CultureInfo.InvariantCulture));
        int kind = random.Next(100);
        using var leaving = new CancellationTokenSource();
        if (random.Next(30) == 0)
        {
            leaving.CancelAfter(random.Next(0, 8));
        }

        try
        {
            if (kind < 2)
            {
                await TalkAsync(path, random, leaving.Token);
                Interlocked.Increment(ref tally.Talked);
                return;
            }

            await AskAsync(gateway, path, kind < 12, leaving.Token);
            Interlocked.Increment(ref tally.Answered);
        }
        catch (Exception expected) when (expected is HttpRequestException or OperationCanceledException or WebSocketException)
        {
            // The app broke off, or the client left: what the traces say of it is the question.
            Interlocked.Increment(ref leaving.IsCancellationRequested ? ref tally.Left : ref tally.BrokenOff);
        }
    }

    private static async Task AskAsync(GatewayHost gateway, Uri path, bool post, CancellationToken leaving)
    {
        using var request = new HttpRequestMessage(post ? HttpMethod.Post : HttpMethod.Get, path) { Content = post ? new StringContent("body") : null };
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, leaving);
    }

    private static async Task TalkAsync(Uri path, Random random, CancellationToken leaving)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(path) { Scheme = Uri.UriSchemeWs }.Uri, leaving);
        if (random.Next(4) == 0)
        {
            socket.Abort();
            return;
        }

        await socket.SendAsync("word"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, leaving);
        ValueWebSocketReceiveResult heard;
        do
        {
            heard = await socket.ReceiveAsync(new byte[64].AsMemory(), leaving);
        }
        while (heard.MessageType != WebSocketMessageType.Close);

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, leaving);
    }
}

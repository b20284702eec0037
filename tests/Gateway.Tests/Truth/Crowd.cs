using System.Globalization;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Truth;

/// <summary>Clients that all want something at once; some leave before they have it.</summary>
internal static class Crowd
{
    private const int Clients = 16;

    public static Task SendAsync(GatewayHost gateway, Chance chance, string prefix)
    {
        int next = 0;
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is int number && number <= Chance.Requests)
            {
                await SendOneAsync(gateway, chance.Of(number + 1_000_000_000), prefix + number.ToString(CultureInfo.InvariantCulture));
            }
        })));
    }

    private static async Task SendOneAsync(GatewayHost gateway, Random random, string path)
    {
        bool post = random.Next(10) == 0;
        using var leaving = new CancellationTokenSource();
        if (random.Next(30) == 0)
        {
            leaving.CancelAfter(random.Next(0, 8));
        }

        using var request = new HttpRequestMessage(post ? HttpMethod.Post : HttpMethod.Get, path) { Content = post ? new StringContent("body") : null };
        try
        {
            using HttpResponseMessage answer = await gateway.Client.SendAsync(request, leaving.Token);
        }
        catch (Exception expected) when (expected is HttpRequestException or OperationCanceledException)
        {
            // The backend broke off, or the client left: what the traces say of it is the question.
        }
    }
}

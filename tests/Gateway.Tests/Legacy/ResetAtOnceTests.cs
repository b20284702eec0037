using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>A peer that resets each connection as soon as it is open, as one does that is killed with connections waiting to be accepted.</summary>
public sealed class ResetAtOnceTests
{
    private const int Requests = 2_000;

    [Theory]
    [InlineData("/app", "Legacy:Address", 502)]
    [InlineData("/", "Elasticsearch:Nodes:0", 503, 502)]
    public async Task Is_one_that_cannot_be_reached_and_never_a_fault_of_the_gateways_own(string target, string address, params int[] documented)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        Task resetting = ResetAllAsync(listener, stop.Token);
        await using GatewayHost gateway = await GatewayHost.StartAsync((address, $"http://{listener.LocalEndpoint}"));

        var statuses = new ConcurrentBag<int>();
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, cancellation) =>
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(target, UriKind.Relative), cancellation);
            statuses.Add((int)answer.StatusCode);
        });

        await stop.CancelAsync();
        await resetting;
        Assert.All(statuses, status => Assert.Contains(status, documented));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Error);
    }

    private static async Task ResetAllAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using Socket accepted = await listener.AcceptSocketAsync(stop);
                accepted.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}

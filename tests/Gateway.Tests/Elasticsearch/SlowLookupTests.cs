using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M17: a slow cluster keeps its limits and takes nothing from the app's routes.</summary>
public sealed class SlowLookupTests(ITestOutputHelper output)
{
    private const int Lookups = 500;
    private const int Connections = 20;
    private const int Waiting = 300;

    /// <summary>Each lookup is a view of its own: calls that are the same may share an answer.</summary>
    [Fact]
    public async Task Five_hundred_slow_lookups_keep_the_limits_and_do_not_slow_the_app_down()
    {
        var released = new TaskCompletionSource();
        await using var slow = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WaitAsync(released.Task);
                await connection.SendAsync(Answers.Info);
            }
        });
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http1);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            ("Legacy:Address", app.Address.AbsoluteUri), ("Elasticsearch:Nodes:0", slow.Address.AbsoluteUri),
            ("Elasticsearch:MaxConnectionsPerNode", $"{Connections}"), ("Elasticsearch:MaxWaiting", $"{Waiting}"),
            ("Elasticsearch:AttemptTimeout", "00:01:00"), ("Elasticsearch:TotalTimeout", "00:01:00"),
            .. Enumerable.Range(0, Lookups).SelectMany(static i => (IEnumerable<(string, string)>)
                [($"Views:slow{i}:Path", $"/slow/{i}"), ($"Views:slow{i}:Elasticsearch", $"GET /?lookup={i}")]),
        ]);
        await AppTimesAsync(gateway, 300);
        double[] before = await AppTimesAsync(gateway, 400);

        Task<HttpResponseMessage>[] lookups = [.. Enumerable.Range(0, Lookups).Select(i => gateway.Client.GetAsync($"/slow/{i}"))];
        await Eventually.Holds(() => lookups.Count(static lookup => lookup.IsCompleted) == Lookups - Connections - Waiting, "those beyond the limit to be answered at once");
        await Eventually.Holds(() => slow.Requests.Count == Connections, "all connections to be in use");
        double[] during = await AppTimesAsync(gateway, 400);
        int atNode = slow.Requests.Count;
        released.SetResult();
        HttpResponseMessage[] answers = await Task.WhenAll(lookups);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"app: p50 {Of(before, 0.5):0.00} and p99 {Of(before, 0.99):0.00} ms alone, p50 {Of(during, 0.5):0.00} and p99 {Of(during, 0.99):0.00} ms beside {Lookups} slow lookups"));
        Assert.Equal(Connections, atNode);
        Assert.Equal(Connections, slow.Connections.Count);
        Assert.Equal(Connections + Waiting, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(Lookups - Connections - Waiting, answers.Count(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable));
        Assert.InRange(Of(during, 0.5) / Of(before, 0.5), 0, 3);
        Array.ForEach(answers, static answer => answer.Dispose());
    }

    /// <summary>How long the app's route takes, in milliseconds, sorted; over a client of its own, one after another.</summary>
    private static async Task<double[]> AppTimesAsync(GatewayHost gateway, int requests)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Address };
        var times = new double[requests];
        for (int i = 0; i < requests; i++)
        {
            long started = Stopwatch.GetTimestamp();
            Assert.Equal("ok", await client.GetStringAsync("/app"));
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }

    private static double Of(double[] sorted, double share) => sorted[(int)(sorted.Length * share)];
}

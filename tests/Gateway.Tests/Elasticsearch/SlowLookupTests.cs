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

    private TaskCompletionSource _released = new();

    /// <summary>Each lookup is a view of its own: calls that are the same may share an answer.</summary>
    [Fact]
    public async Task Five_hundred_slow_lookups_keep_the_limits_and_do_not_slow_the_app_down()
    {
        await using var slow = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WaitAsync(Volatile.Read(ref _released).Task);
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
        List<double[]> alone = [];
        List<double[]> beside = [];

        // Turn by turn, so that whatever else the machine does meets both, and the best turn of each counts.
        for (int round = 0; round < 4; round++)
        {
            alone.Add(await AppTimesAsync(gateway, 200));
            beside.Add(await BesideLookupsAsync(gateway, slow));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"app: p50 {Best(alone, 0.5):0.00} and p99 {Best(alone, 0.99):0.00} ms alone, p50 {Best(beside, 0.5):0.00} and p99 {Best(beside, 0.99):0.00} ms beside {Lookups} slow lookups"));
        Assert.InRange(Best(beside, 0.5) / Best(alone, 0.5), 0, 3);
    }

    /// <summary>How long the app's route takes while as many lookups as may be are held at the node, or wait for a connection to it.</summary>
    private async Task<double[]> BesideLookupsAsync(GatewayHost gateway, ScriptedServer slow)
    {
        Volatile.Write(ref _released, new TaskCompletionSource());
        int before = slow.Requests.Count;
        Task<HttpResponseMessage>[] lookups = [.. Enumerable.Range(0, Lookups).Select(i => gateway.Client.GetAsync($"/slow/{i}"))];
        await Eventually.Holds(() => lookups.Count(static lookup => lookup.IsCompleted) == Lookups - Connections - Waiting, "those beyond the limit to be answered at once");
        await Eventually.Holds(() => slow.Requests.Count == before + Connections, "all connections to be in use");
        double[] times = await AppTimesAsync(gateway, 200);
        int atNode = slow.Requests.Count - before;
        _released.SetResult();
        HttpResponseMessage[] answers = await Task.WhenAll(lookups);

        Assert.Equal(Connections, atNode);
        Assert.Equal(Connections, slow.Connections.Count);
        Assert.Equal(Connections + Waiting, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(Lookups - Connections - Waiting, answers.Count(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable));
        Array.ForEach(answers, static answer => answer.Dispose());
        return times;
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

    private static double Best(List<double[]> rounds, double share) => rounds.Min(sorted => sorted[(int)(sorted.Length * share)]);
}

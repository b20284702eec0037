using System.Net;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>One gateway takes another's place: in a pair behind a balancer, after a crash, and where nothing that it needs is there yet.</summary>
public sealed class RestartTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Fact]
    public async Task A_pair_that_is_replaced_one_by_one_behind_a_balancer_loses_no_request()
    {
        await using LocalServer app = await LocalServer.StartAsync(static context => context.Response.WriteAsync("done"));
        GatewayProcess[] pair = [await StartAsync(app, null), await StartAsync(app, null)];
        await using Balancer balancer = await Balancer.StartAsync(() => pair);
        await using var load = new VersionedLoad(balancer.Address, "1.1", clients: 8);
        await Eventually.Holds(() => load.Answered > 100, "some answers");

        for (int turn = 0; turn < 4; turn++)
        {
            GatewayProcess old = pair[turn % 2];
            old.Process.Terminate();
            Assert.Equal(0, await old.Process.ExitAsync());
            pair[turn % 2] = await StartAsync(app, old);
            await Eventually.Holds(() => balancer.Ready.SequenceEqual(pair), "the balancer to send requests to the new pair");
            int before = load.Answered;
            await Eventually.Holds(() => load.Answered > before + 100, "answers of the new pair");
        }

        int answered = await load.StopAsync();
        Output.WriteLine($"{answered} answers, {load.Lost.Count} lost in 4 replacements");
        Assert.Empty(load.Lost);
    }

    [Fact]
    public async Task After_a_kill_and_a_restart_requests_fail_in_the_gap_only()
    {
        await using LocalServer app = await LocalServer.StartAsync(static context => context.Response.WriteAsync("done"));
        GatewayProcess gateway = await StartAsync(app, null);
        await using var load = new SteadyLoad(gateway.Address, "/quick", 4);
        await load.MoreAsync(100);

        TimeSpan killed = load.Now;
        gateway.Process.Kill();
        await gateway.Process.ExitAsync();
        await StartAsync(app, gateway);
        TimeSpan back = load.Now;
        await load.MoreAsync(100);

        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        TimedAnswer[] failed = [.. answers.Where(static answer => answer.Status != 200)];
        Output.WriteLine($"{answers.Count} answers, {failed.Length} failed in a gap of {(back - killed).TotalSeconds:0.0} s");
        Assert.NotEmpty(failed);
        Assert.All(failed, answer => Assert.True(answer.Answered >= killed && answer.Asked <= back, $"{answer} is outside of {killed} to {back}"));
    }

    [Fact]
    public async Task With_the_app_the_cluster_and_the_collector_away_it_starts_and_says_what_is_wrong()
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, ("OTEL_EXPORTER_OTLP_ENDPOINT", Loopback.Nowhere.AbsoluteUri)],
            [$"--Legacy:Address={Loopback.Nowhere}", $"--Elasticsearch:Nodes:0={Loopback.Nowhere}", "--Elasticsearch:Sniffing=true"]);

        Answer view = await Load.GetAsync(gateway.Client, "/");
        Answer other = await Load.GetAsync(gateway.Client, "/anything");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, view.Status);
        Assert.Contains("No Elasticsearch node can be reached.", view.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadGateway, other.Status);
        Assert.Contains("The app cannot be reached.", other.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await gateway.ReadinessAsync());
        gateway.Process.Terminate();
        Assert.Equal(0, await gateway.Process.ExitAsync());
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Error" or "Critical");
    }

    /// <summary>A gateway in front of the app, at the place of the old one where there was one.</summary>
    private Task<GatewayProcess> StartAsync(LocalServer app, GatewayProcess? old) => GatewayProcess.StartAtAsync(
        Processes,
        GatewayProcess.Production,
        old?.Address ?? new Uri($"http://127.0.0.1:{Loopback.FreePort()}"),
        old?.Admin ?? new Uri($"http://127.0.0.1:{Loopback.FreePort()}"),
        [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={Loopback.Nowhere}", "--Draining:Wait=00:00:02"]);
}

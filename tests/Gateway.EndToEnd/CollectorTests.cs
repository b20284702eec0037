using System.Net;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>Telemetry may fail; requests may not notice.</summary>
public sealed class CollectorTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int SpansDropped = 300;

    [Theory]
    [InlineData("down")]
    [InlineData("slow")]
    [InlineData("refusing")]
    public async Task A_collector_that_fails_changes_neither_bodies_nor_the_slowest_answers(string failing)
    {
        await using LocalServer good = await LocalServer.StartAsync(static context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        await using LocalServer bad = await LocalServer.StartAsync(context => FailAsync(context, failing));
        GatewayProcess served = await StartAsync(good.Address);
        GatewayProcess unserved = await StartAsync(failing == "down" ? Loopback.Nowhere : bad.Address);
        List<TimeSpan> slowestServed = [];
        List<TimeSpan> slowestUnserved = [];
        HashSet<string> bodies = [];

        // Turn by turn, so that whatever else the machine does meets both, and the best turn of each counts; the first ones warm up.
        for (int round = 0; round < 12; round++)
        {
            slowestServed.Add(await RoundAsync(served, bodies));
            slowestUnserved.Add(await RoundAsync(unserved, bodies));
        }

        double ratio = slowestUnserved.Skip(3).Min() / slowestServed.Skip(3).Min();
        Output.WriteLine($"p99 with the collector {failing} is {ratio:0.00} times that with it up");
        Assert.Single(bodies);
        Assert.True(ratio <= 3, $"p99 with the collector {failing} is {ratio:0.00} times that with it up.");
        await Eventually.Holds(() => unserved.Log.Any(static entry => entry is { EventId: SpansDropped, LogLevel: "Warning" }), "the drops to be said");
    }

    [Fact]
    public async Task Spans_that_nobody_takes_do_not_pile_up()
    {
        await using LocalServer bad = await LocalServer.StartAsync(static context => FailAsync(context, "slow"));
        GatewayProcess gateway = await StartAsync(bad.Address, "--Inspect:Traces=0", "--Views:info:SingleFlight=false");
        await Load.AtOnceAsync(gateway.Address, "/", 4000);
        long before = gateway.Process.ResidentBytes;

        await Load.AtOnceAsync(gateway.Address, "/", 24_000);

        long grown = (gateway.Process.ResidentBytes - before) / (1024 * 1024);
        Output.WriteLine($"grown by {grown} MiB, from {before / (1024 * 1024)}");
        Assert.True(grown < 40, $"The process has grown by {grown} MiB: 72,000 spans that were kept would be more than that.");
    }

    [Fact]
    public async Task Export_goes_on_when_a_collector_that_went_away_is_back()
    {
        Parts.Need("jaeger", "elasticsearch");
        var ports = JaegerPorts.Free();
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        JaegerServer jaeger = await JaegerServer.StartAsync(Processes, ports);
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, .. jaeger.Exporting("grpc")],
            [$"--Legacy:Address={Loopback.Nowhere}", $"--Elasticsearch:Nodes:0={elasticsearch.Address}"]);
        List<Answer> answers = [.. await Load.InARowAsync(gateway.Client, "/", 5)];
        await ExportedAsync(gateway, jaeger);
        Assert.DoesNotContain(gateway.Log, static entry => entry.EventId == SpansDropped);

        jaeger.Process.Terminate();
        await jaeger.Process.ExitAsync();
        answers.AddRange(await Load.InARowAsync(gateway.Client, "/", 50));
        await Eventually.Holds(() => gateway.Log.Any(static entry => entry.EventId == SpansDropped), "the drops to be said");

        JaegerServer back = await JaegerServer.StartAsync(Processes, ports);
        answers.AddRange(await Load.InARowAsync(gateway.Client, "/", 5));
        await ExportedAsync(gateway, back);
        Assert.Single(answers.Select(static answer => answer.Text).Distinct());
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }

    /// <summary>Waits until the youngest trace is in Jaeger.</summary>
    private static async Task ExportedAsync(GatewayProcess gateway, JaegerServer jaeger)
    {
        string youngest = (await gateway.TracesAsync(5))[^1][0].TraceId;
        Assert.Equal(3, (await jaeger.FindAsync(youngest)).Count);
    }

    private static async Task FailAsync(HttpContext context, string how)
    {
        if (how == "slow")
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
    }

    /// <summary>Returns the 99th percentile of the round.</summary>
    private static async Task<TimeSpan> RoundAsync(GatewayProcess gateway, HashSet<string> bodies)
    {
        IReadOnlyCollection<Answer> answers = await Load.AtOnceAsync(gateway.Address, "/", 400, connections: 8);
        foreach (Answer answer in answers)
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            bodies.Add(answer.Text);
        }

        return answers.Select(static answer => answer.Took).Order().ElementAt(answers.Count * 99 / 100);
    }

    private async Task<GatewayProcess> StartAsync(Uri collector, params string[] settings)
    {
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        return await GatewayProcess.StartAsync(
            Processes,
            [
                .. GatewayProcess.Production, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.AbsoluteUri),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ],
            [$"--Legacy:Address={Loopback.Nowhere}", $"--Elasticsearch:Nodes:0={elasticsearch.Address}", .. settings]);
    }
}

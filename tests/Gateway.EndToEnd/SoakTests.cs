using System.Globalization;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>All faults at once for a while: nothing grows, and the route whose server is well does not notice.</summary>
public sealed class SoakTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    /// <summary>How long it lasts, such as 00:30:00; three minutes where that is not set.</summary>
    private const string Length = "LOOPGATE_SOAK";

    private static readonly byte[] _big = new byte[300_000];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopgate-soak-");
    private readonly List<(int Window, long Resident, int Handles, int Threads)> _samples = [];

    [Fact]
    public async Task With_all_faults_at_once_nothing_grows_and_the_healthy_route_stays_as_quick()
    {
        using Toxiproxy wires = await Toxiproxy.StartAsync(Processes);
        await using LocalServer app = await LocalServer.StartAsync(AnswerAsync);
        await using LocalServer node = await LocalServer.StartAsync(AnswerAsNodeAsync);
        await using LocalServer healthy = await LocalServer.StartAsync(static context => context.Response.WriteAsync("well"));
        await using LocalServer slow = await LocalServer.StartAsync(AnswerSlowlyAsync);
        string Configuration(int change) => TextOf(change, healthy.Address, slow.Address);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "gateway.json"), Configuration(0));
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [("ASPNETCORE_ENVIRONMENT", "Production"), ("GATEWAY_CONFIG", _folder.FullName)],
            [$"--Legacy:Address={await wires.WireAsync("app", app.Address)}", $"--Elasticsearch:Nodes:0={await wires.WireAsync("node", node.Address)}",
                "--Legacy:FirstByteTimeout=00:00:01", "--Legacy:IdleTimeout=00:00:02", "--Elasticsearch:AttemptTimeout=00:00:01"]);
        TimeSpan length = Environment.GetEnvironmentVariable(Length) is { Length: > 0 } set ? TimeSpan.Parse(set, CultureInfo.InvariantCulture) : TimeSpan.FromMinutes(3);
        using var run = new SoakRun(gateway, wires, _folder.FullName, Configuration);

        await run.RunAsync((int)(length / SoakRun.Window), window => Sample(gateway, run, window));

        foreach ((string answer, int count) in run.Answers.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            Output.WriteLine($"{answer}: {count}");
        }

        foreach (var events in gateway.Log.GroupBy(static entry => (entry.EventId, entry.LogLevel, entry.Category)).OrderBy(static one => one.Key))
        {
            Output.WriteLine($"event {events.Key.EventId} {events.Key.LogLevel} {events.Key.Category}: {events.Count()}");
        }

        Output.WriteLine($"healthy route, p99: {run.Percentile(false):0.0} ms without faults, {run.Percentile(true):0.0} ms with");
        Judge(gateway, run);
    }

    private void Judge(GatewayProcess gateway, SoakRun run)
    {
        Assert.Equal(["healthy 200"], run.Answers.Keys.Where(static answer => answer.StartsWith("healthy", StringComparison.Ordinal)));
        Assert.Contains("app 200", run.Answers.Keys);
        Assert.Contains("app 504", run.Answers.Keys);
        Assert.Contains("view 200", run.Answers.Keys);
        Assert.Contains(run.Answers.Keys, static answer => answer is "view 503" or "view 504");
        Assert.All(run.Answers.Keys, static answer => Assert.Matches("^(healthy 200|slow 200|app (200|502|504|broken)|view (200|502|503|504))$", answer));
        // Errors are of the broken configuration, each time that it comes, and Kestrel's own for bodies that their clients leave unfinished.
        Assert.All(gateway.Log.Where(static entry => entry.LogLevel is "Error" or "Critical"), static entry => Assert.True(entry.EventId is 602 or 67, entry.Message));
        Assert.True(run.Percentile(true) <= 3 * Math.Max(run.Percentile(false), 10), $"{run.Percentile(true)} ms with faults, {run.Percentile(false)} ms without");

        // Every window of faults leaves what the windows before have left: the last third against the second.
        int third = _samples.Count / 3;
        var early = _samples.GetRange(third, third);
        var late = _samples.GetRange(2 * third, third);
        Assert.True(late.Max(static one => one.Resident) <= 1.25 * early.Max(static one => one.Resident), "memory grows");
        Assert.True(late.Max(static one => one.Handles) <= 1.5 * early.Max(static one => one.Handles), "handles grow");
        Assert.True(late.Max(static one => one.Threads) <= early.Max(static one => one.Threads) + 8, "threads grow");
    }

    private void Sample(GatewayProcess gateway, SoakRun run, int window)
    {
        (int handles, int threads) = gateway.Process.Counts();
        long resident = gateway.Process.ResidentBytes;
        _samples.Add((window, resident, handles, threads));
        if (window % 6 == 5)
        {
            Output.WriteLine($"minute {window / 6 + 1}: {resident >> 20} MiB, {handles} handles, {threads} threads, p99 {run.PercentileOfWindow(window - 1):0.0} ms, with faults {run.PercentileOfWindow(window):0.0} ms");
        }
    }

    /// <summary>Each version gives the slow cluster a pool of its own; every seventh is broken, and the one after it mends it.</summary>
    private static string TextOf(int change, Uri healthy, Uri slow) => change % 7 == 6 ? "{ broken" : $$"""
        { "ReverseProxy": {
            "Routes": {
              "healthy": { "ClusterId": "healthy", "Match": { "Path": "/healthy" } },
              "slow": { "ClusterId": "slow", "Match": { "Path": "/slow" } } },
            "Clusters": {
              "healthy": { "Destinations": { "only": { "Address": "{{healthy}}" } } },
              "slow": { "Destinations": { "only": { "Address": "{{slow}}" } }, "HttpClient": { "MaxConnectionsPerServer": {{100 + change % 50}} } } } } }
        """;

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/echo")
        {
            await context.Request.Body.CopyToAsync(context.Response.Body);
            return;
        }

        await context.Response.Body.WriteAsync(context.Request.Path == "/big" ? _big : _big.AsMemory(0, 100));
    }

    private static Task AnswerAsNodeAsync(HttpContext context)
    {
        context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{ "name": "soak", "version": { "number": "8.19.21" }, "tagline": "You Know, for Search" }""");
    }

    private static async Task AnswerSlowlyAsync(HttpContext context)
    {
        await Task.Delay(1_000, context.RequestAborted);
        await context.Response.WriteAsync("slow");
    }
}

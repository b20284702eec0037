using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>A thousand changes while requests come without a pause: none of them fails, and nothing of what was replaced stays.</summary>
public sealed class ReloadUnderLoadTests
{
    private const int Changes = 1_000;
    private const int Clients = 8;

    /// <summary>What the test itself keeps of each change: lines of the log, the request that came. A table with its client is many times that.</summary>
    private const int PerChange = 6 * 1024;

    [Fact]
    public async Task A_thousand_changes_under_load_fail_no_request_and_leave_no_connection_behind()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await scene.ChangeAsync(TextOf(scene, 0));
        using var stop = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, Clients).Select(_ => Task.Run(() => LoadAsync(scene, stop.Token)))];

        for (int change = 1; change <= Changes; change++)
        {
            await scene.ChangeAsync(TextOf(scene, change));
        }

        await stop.CancelAsync();
        int[] served = await Task.WhenAll(load);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Changes} changes, {served.Sum()} requests, {Open(scene)} connections open");

        Assert.All(served, static count => Assert.True(count > 0));
        Assert.Equal(Changes + 1, scene.Logged(LogLevel.Information).Count(static id => id == 601));
        await MemoryAsync(scene);
    }

    [Fact]
    public async Task What_a_change_replaces_is_collected()
    {
        using var environment = new Variables(("OTEL_TRACES_SAMPLER", "always_off"));
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await ChangeAsync(scene, 1, 200);
        long early = await MemoryAsync(scene);

        await ChangeAsync(scene, 201, 800);

        long late = await MemoryAsync(scene);
        TestContext.Current.TestOutputHelper?.WriteLine($"{early / 1024} KiB after 200 changes, {late / 1024} KiB after 1,000");
        Assert.True(late < early + PerChange * 800, $"{early} bytes became {late}.");
    }

    private static async Task ChangeAsync(ReloadScene scene, int first, int count)
    {
        for (int change = first; change < first + count; change++)
        {
            await scene.ChangeAsync(TextOf(scene, change));
            await scene.GetAsync("/shop/a");
        }
    }

    /// <summary>Each change moves the route to the other server; every fifth gives the cluster a new HTTP client, every seventh takes another cluster away or brings it back.</summary>
    private static string TextOf(ReloadScene scene, int change)
    {
        string more = $$""", "HttpClient": { "MaxConnectionsPerServer": {{1_000 + change / 5}} }""";
        string text = ReloadScene.Route("/shop/{**rest}", change % 2 == 0 ? scene.One : scene.Two, more);
        return change % 7 == 0
            ? text.Replace("\"Clusters\": {", $$""" "Clusters": { "other": { "Destinations": { "d": { "Address": "{{scene.One.Address}}" } } }, """, StringComparison.Ordinal)
            : text;
    }

    private static async Task<int> LoadAsync(ReloadScene scene, CancellationToken stop)
    {
        int served = 0;
        while (!stop.IsCancellationRequested)
        {
            string answer = await scene.GetAsync(served % 2 == 0 ? $"/shop/{served}" : "/else");
            Assert.True(served % 2 == 0 ? answer is "one" or "two" : answer == "app", answer);
            served++;
        }

        return served;
    }

    /// <summary>How many connections the servers have that the gateway has not closed.</summary>
    private static int Open(ReloadScene scene) =>
        new[] { scene.App, scene.One, scene.Two }.Sum(static server => server.Connections.Count(static connection => !connection.ClientLeft.IsCompleted));

    /// <summary>What is in use once the connections of clients that were replaced have ended, each as an idle one in its own pool.</summary>
    private static async Task<long> MemoryAsync(ReloadScene scene)
    {
        await Eventually.Holds(() => Open(scene) <= 3 * Clients, "the connections of the old clients to be closed");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}

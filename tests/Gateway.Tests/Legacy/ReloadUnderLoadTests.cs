using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>A thousand changes while requests come without a pause: none of them fails, and no connection of what was replaced stays.</summary>
public sealed class ReloadUnderLoadTests
{
    private const int Changes = 1_000;
    private const int Clients = 8;

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
        await SettledAsync(scene);
    }

    /// <summary>Each change moves the route to the other server; every fifth gives the cluster a new HTTP client, every seventh takes another cluster away or brings it back.</summary>
    internal static string TextOf(ReloadScene scene, int change)
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

    /// <summary>The connections of clients that were replaced have ended, each as an idle one in its own pool.</summary>
    internal static Task SettledAsync(ReloadScene scene) =>
        Eventually.Holds(() => Open(scene) <= 3 * Clients, "the connections of the old clients to be closed");
}

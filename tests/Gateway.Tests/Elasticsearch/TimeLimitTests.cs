using System.Diagnostics;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M2, M3: an answer within the budget or a 504 at its end, never a truncated 200.</summary>
public sealed class TimeLimitTests
{
    private const string TooSlow = "Elasticsearch did not answer in time.";

    private static readonly (string, string) _attempt = ("AttemptTimeout", "00:00:00.3");

    [Fact]
    public async Task A_silent_node_is_a_504_at_the_end_of_its_attempt()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(silent, _attempt);

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));

        Assert.Contains("cluster_too_slow", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        await silent.FirstAsync();
        await Assert.Single(silent.Connections).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task After_a_silent_node_another_one_answers()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(silent, good, ("AttemptTimeout", "00:00:02"));

        await scene.GetsInfoAsync();

        Assert.Equal(2, (await scene.Gateway.TraceAsync()).HttpCalls.Count);
    }

    [Fact]
    public async Task All_attempts_together_end_at_the_total_limit()
    {
        await using var first = new ScriptedServer(static connection => connection.StallAsync());
        await using var second = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(first, second, ("AttemptTimeout", "00:00:01"), ("TotalTimeout", "00:00:01.7"));

        await TakesAsync(1.7, () => scene.GetsProblemAsync(504, TooSlow));

        await first.FirstAsync();
        await second.FirstAsync();
        Assert.Single(first.Connections);
        Assert.Single(second.Connections);
    }

    [Fact]
    public async Task No_attempt_begins_after_the_total_limit()
    {
        await using var first = new ScriptedServer(static connection => connection.StallAsync());
        await using var second = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(first, second, ("TotalTimeout", "00:00:00.3"));

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));

        await first.FirstAsync();
        Assert.Single(first.Connections);
        Assert.Empty(second.Connections);
    }

    /// <summary>Not earlier than the limit, and not more than 2 s later on a busy machine.</summary>
    private static async Task TakesAsync(double seconds, Func<Task<HttpResponseMessage>> request)
    {
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await request();
        // Timers count in whole milliseconds of a coarser clock.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, seconds - 0.02, seconds + 2);
    }
}

using System.Diagnostics;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Waits until something holds, for a bounded time; no test sleeps for a fixed one.</summary>
public static class Eventually
{
    private static readonly TimeSpan _usual = TimeSpan.FromSeconds(20);

    public static Task Holds(Func<bool> condition, string what, TimeSpan? atMost = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, atMost);

    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? atMost = null)
    {
        TimeSpan longest = atMost ?? _usual;
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < longest, $"Waited {longest.TotalSeconds} s in vain for {what}.");
            await Task.Delay(20);
        }
    }
}

using System.Diagnostics;

namespace Gateway.Tests.Hosting;

/// <summary>Waits until something holds, at most 10 s; no test sleeps for a fixed time.</summary>
public static class Eventually
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(10);

    public static Task Holds(Func<bool> condition, string what) => Async(() => Task.FromResult(condition()), what);

    public static async Task Async(Func<Task<bool>> condition, string what)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < _longest, $"Waited {_longest.TotalSeconds} s in vain for {what}.");
            await Task.Delay(10);
        }
    }
}

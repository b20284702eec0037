using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Nothing of what a change of the configuration replaced stays in memory.</summary>
[Collection(nameof(Alone))]
public sealed class ReloadMemoryTests
{
    /// <summary>What the test itself keeps of each change: lines of the log, the request that came. A table with its client is many times that.</summary>
    private const int PerChange = 6 * 1024;

    [Fact]
    public async Task What_a_change_replaces_is_collected()
    {
        using var environment = new Variables(("OTEL_TRACES_SAMPLER", "always_off"));
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await ChangeAsync(scene, 1, 200);
        long early = await MemoryAsync(scene);

        await ChangeAsync(scene, 201, 800);

        // What the last clients leave behind is let go within a second or so, by timers of theirs.
        long late = 0;
        await Eventually.Async(
            async () => (late = await MemoryAsync(scene)) < early + PerChange * 800,
            $"{early} bytes not to have grown by more than {PerChange} for each change");
        TestContext.Current.TestOutputHelper?.WriteLine($"{early / 1024} KiB after 200 changes, {late / 1024} KiB after 1,000");
    }

    private static async Task ChangeAsync(ReloadScene scene, int first, int count)
    {
        for (int change = first; change < first + count; change++)
        {
            await scene.ChangeAsync(ReloadUnderLoadTests.TextOf(scene, change));
            await scene.GetAsync("/shop/a");
        }
    }

    private static async Task<long> MemoryAsync(ReloadScene scene)
    {
        await ReloadUnderLoadTests.SettledAsync(scene);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}

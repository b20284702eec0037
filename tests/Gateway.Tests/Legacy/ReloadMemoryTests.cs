using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Nothing of what a change of the configuration replaced stays in memory.</summary>
[Collection(nameof(Alone))]
public sealed class ReloadMemoryTests
{
    /// <summary>
    /// What the test itself keeps of each change, lines of the log and the request that came, with room for what .NET keeps now and then, some
    /// 4 MiB at either end. A table with its client is many times that.
    /// </summary>
    private const int PerChange = 12 * 1024;

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

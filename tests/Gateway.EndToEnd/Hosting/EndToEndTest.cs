namespace Gateway.EndToEnd.Hosting;

/// <summary>A test with processes of its own, which end with it; where it fails their logs are shown.</summary>
public abstract class EndToEndTest(SharedServers servers, ITestOutputHelper output) : IAsyncLifetime
{
    protected SharedServers Servers { get; } = servers;

    protected ITestOutputHelper Output { get; } = output;

    protected ProcessSet Processes { get; } = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Processes.DisposeAsync();
        if (TestContext.Current.TestState is { Result: TestResult.Failed })
        {
            Processes.WriteLogs(Output);
            Servers.Processes.WriteLogs(Output);
        }

        GC.SuppressFinalize(this);
    }
}

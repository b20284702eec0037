namespace Gateway.EndToEnd.Hosting;

/// <summary>Processes that end together, the youngest first.</summary>
public sealed class ProcessSet : IAsyncDisposable
{
    private readonly List<RunningProcess> _processes = [];

    public RunningProcess Start(string name, ProcessCommand command)
    {
        var process = new RunningProcess(name, command);
        lock (_processes)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <summary>Shows the end of what each wrote.</summary>
    public void WriteLogs(ITestOutputHelper output)
    {
        foreach (RunningProcess process in _processes)
        {
            output.WriteLine($"---- {process.Name}");
            output.WriteLine(process.Tail);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RunningProcess process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }
    }
}

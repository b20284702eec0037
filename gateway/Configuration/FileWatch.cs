namespace Gateway.Configuration;

/// <summary>
/// Looks once a second at all files that may change, since a watcher of the file system misses the folder that Kubernetes swaps behind a
/// symbolic link.
/// </summary>
internal sealed class FileWatch(IEnumerable<WatchedFiles> watched, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, time);
        while (await WaitAsync(timer, stoppingToken))
        {
            foreach (WatchedFiles files in watched)
            {
                await files.LookAsync();
            }
        }
    }

    private static async ValueTask<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

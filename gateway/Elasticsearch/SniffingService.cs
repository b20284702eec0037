using System.Diagnostics;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>
/// Sniffs at the start, after failures and at an interval, one time after another and never beside a request: whatever comes of it,
/// requests go on with the nodes that are known. It begins after tracing has, and ends before the client does, both by the host.
/// </summary>
internal sealed partial class SniffingService(
    ElasticsearchClient client, ElasticsearchOptions options, TimeProvider time, ILogger<SniffingService> logger) : BackgroundService
{
    /// <summary>However many requests fail.</summary>
    private static readonly TimeSpan _shortestPause = TimeSpan.FromSeconds(1);

    private readonly OncePerMinute _failures = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nobody's trace: like a health probe its request is a root, which the sampler drops, while its connection counts it.
        Activity.Current = null;
        Sniffer sniffer = client.Sniffer;
        while (!stoppingToken.IsCancellationRequested)
        {
            Say(await SniffAsync(sniffer, stoppingToken));
            await Task.Delay(_shortestPause, time, stoppingToken);
            // The interval's end is no failure of ours; the host's end is seen above.
            await sniffer.Failure.WaitAsync(options.SniffingInterval - _shortestPause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<(bool Changed, string? Problem)> SniffAsync(Sniffer sniffer, CancellationToken stoppingToken)
    {
        try
        {
            return await sniffer.SniffAsync(stoppingToken);
        }
        catch (Exception bug) when (!stoppingToken.IsCancellationRequested)
        {
            // Nobody else would catch it, and .NET ends the process where a service fails: the requests can do without.
            return (false, $"{bug.GetType().Name}: {bug.Message}");
        }
    }

    private void Say((bool Changed, string? Problem) sniffed)
    {
        if (sniffed.Changed)
        {
            string nodes = string.Join(", ", client.Nodes.Select(static node => node.Address.Authority));
            Log.Follows(logger, nodes);
        }

        if (sniffed.Problem is not null && _failures.IsDue())
        {
            Log.Failed(logger, sniffed.Problem);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 404, Level = LogLevel.Information, Message = "Elasticsearch nodes in use, as the cluster names them: {Nodes}.")]
        public static partial void Follows(ILogger logger, string nodes);

        [LoggerMessage(EventId = 403, Level = LogLevel.Warning,
            Message = "Elasticsearch: sniffing failed, the nodes stay as they are: {Reason}. Said at most once a minute.")]
        public static partial void Failed(ILogger logger, string reason);
    }
}

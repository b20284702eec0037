using Gateway.Elasticsearch;
using Gateway.Tracing;

namespace Gateway.Views;

/// <summary>Why views.json is not served as it stands, and since when.</summary>
internal sealed record ViewsRefusal(DateTimeOffset Since, string Reason);

/// <summary>
/// The views of views.json that are served now. The file is looked at once a second: a watcher of the file system misses the folder that Kubernetes
/// swaps behind a symbolic link. A change is applied as a whole or not at all.
/// </summary>
internal sealed partial class LiveViews(ViewFile file, ElasticsearchClient client, GatewayMetrics metrics, TimeProvider time, ILogger<LiveViews> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    private volatile ViewTable _table = ViewTable.Empty;
    private volatile ViewsRefusal? _refusal;
    private ViewFileContent _judged;
    private ViewFileContent? _doubtful;

    public ViewTable Table => _table;

    public ViewsRefusal? Refusal => _refusal;

    /// <summary>Serves the views that the start has found good.</summary>
    public void Begin(ViewFileContent content, IReadOnlyList<ViewTemplate> views)
    {
        _judged = content;
        _table = new ViewTable(views, client);
    }

    /// <summary>Compares the file with what was judged last, and judges it anew where it has changed.</summary>
    public void Look()
    {
        ViewFileContent content = file.Read();
        if (content.IsSameAs(_judged))
        {
            _doubtful = null;
            return;
        }

        IReadOnlyList<ViewTemplate> views = file.Parse(content, out IReadOnlyList<string> problems);
        if (content.IsMissing)
        {
            problems = [$"{ViewFile.Name} is gone."];
        }

        if (problems.Count == 0)
        {
            Apply(content, views);
        }
        else if (_doubtful?.IsSameAs(content) != true)
        {
            // It may be half written, or between two files: judged when it is the same a second later.
            _doubtful = content;
        }
        else
        {
            Refuse(content, problems);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, time);
        while (await WaitAsync(timer, stoppingToken))
        {
            Look();
        }
    }

    private void Apply(ViewFileContent content, IReadOnlyList<ViewTemplate> views)
    {
        (_judged, _doubtful, _refusal) = (content, null, null);
        _table = new ViewTable(views, client);
        metrics.ViewsReloaded(applied: true);
        Log.Applied(logger, views.Count);
    }

    private void Refuse(ViewFileContent content, IReadOnlyList<string> problems)
    {
        (_judged, _doubtful) = (content, null);
        string reason = problems.Count == 1 ? problems[0] : $"{problems[0]} ({problems.Count - 1} more in the log)";
        _refusal = new ViewsRefusal(_refusal?.Since ?? time.GetUtcNow(), reason);
        metrics.ViewsReloaded(applied: false);
        Log.Refused(logger, string.Join(' ', problems));
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

    private static partial class Log
    {
        [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "views.json has changed and is served: {Count} views.")]
        public static partial void Applied(ILogger logger, int count);

        [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "views.json has changed and is refused, the views from before are served on: {Problems}")]
        public static partial void Refused(ILogger logger, string problems);
    }
}

using Gateway.Configuration;
using Gateway.Elasticsearch;
using Gateway.Tracing;

namespace Gateway.Views;

/// <summary>The views that are served now: those of the configuration, and those of views.json, which may change.</summary>
internal sealed partial class LiveViews(
    ViewFile file, ViewsOptions configured, ElasticsearchClient client, GatewayMetrics metrics, ILogger<LiveViews> logger)
{
    private volatile ViewTable _table = ViewTable.Empty;

    public ViewTable Table => _table;

    /// <summary>Serves these views of the file, which were found good.</summary>
    public void Serve(IReadOnlyList<ViewTemplate> views) =>
        _table = new ViewTable([.. configured.Served.Select(static view => view.Value.ToTemplate(view.Key)), .. views], client);

    /// <summary>The file, looked at for as long as the gateway runs; <paramref name="running"/> is what the start has found.</summary>
    public WatchedFiles Watch(FilesFound running, TimeProvider time) => new(running, time)
    {
        Words = (ConfigurationFolder.Views, "the views from before are served"),
        NameOthers = false,
        Read = file.Read,
        Apply = found => ValueTask.FromResult(Apply(found)),
        Refuse = Refuse,
    };

    private IReadOnlyList<string> Apply(FilesFound found)
    {
        IReadOnlyList<ViewTemplate> views = file.Parse(found, out IReadOnlyList<string> problems);
        if (problems.Count == 0)
        {
            Serve(views);
            metrics.ViewsReloaded(applied: true);
            Log.Applied(logger, views.Count);
        }

        return problems;
    }

    private void Refuse(IReadOnlyList<string> problems)
    {
        metrics.ViewsReloaded(applied: false);
        Log.Refused(logger, string.Join(' ', problems));
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "views.json has changed and is served: {Count} views.")]
        public static partial void Applied(ILogger logger, int count);

        [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "views.json has changed and is refused, the views from before are served on: {Problems}")]
        public static partial void Refused(ILogger logger, string problems);
    }
}

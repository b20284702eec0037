using Gateway.Configuration;
using Gateway.Tracing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Legacy;

/// <summary>
/// The proxy's routes and clusters, changed while it runs. YARP keeps a request on the route and cluster that it was matched with, and the
/// connections of a cluster whose settings did not change. What YARP would refuse is found before it is asked: its own watcher would say it
/// at each change anew, and stop at some.
/// </summary>
internal sealed partial class LiveTable(
    LiveConfiguration configuration, InMemoryConfigProvider proxy, IConfigValidator validator, ITransformBuilder transforms,
    LegacyOptions legacy, GatewayMetrics metrics, ILogger<LiveTable> logger)
{
    private readonly IConfigurationRoot _started = configuration.Load(configuration.Running);
    private IReadOnlyList<string> _waiting = [];

    /// <summary>The configuration's files, looked at for as long as the gateway runs.</summary>
    public WatchedFiles Watch(TimeProvider time) => new(configuration.Running, time)
    {
        Words = ("The configuration", "the routes and clusters from before are served"),
        NameOthers = true,
        Read = configuration.Read,
        Apply = ApplyAsync,
        Refuse = Refuse,
    };

    private async ValueTask<IReadOnlyList<string>> ApplyAsync(FilesFound found)
    {
        try
        {
            IConfigurationRoot changed = configuration.Load(found);
            ProxyTable table = ProxyTable.Read(changed, legacy);
            IReadOnlyList<string> problems = await ProblemsAsync(table);
            if (problems.Count == 0)
            {
                Apply(table, changed);
            }

            return problems;
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Problems;
        }
    }

    private void Apply(ProxyTable table, IConfigurationRoot changed)
    {
        proxy.Update(table.Routes, table.Clusters);
        metrics.ConfigurationReloaded(applied: true);
        Log.Applied(logger, table.Routes.Count, table.Clusters.Count);
        IReadOnlyList<string> waiting = [.. LiveConfiguration.Differences(_started, changed).Where(static section => section is not (ProxyTable.Section or "$schema"))];
        if (waiting.Count > 0 && !waiting.SequenceEqual(_waiting))
        {
            Log.NeedsRestart(logger, string.Join(", ", waiting));
        }

        _waiting = waiting;
    }

    private async ValueTask<IReadOnlyList<string>> ProblemsAsync(ProxyTable table)
    {
        List<Exception> problems = [];
        foreach (ClusterConfig cluster in table.Clusters)
        {
            problems.AddRange(await validator.ValidateClusterAsync(cluster));
        }

        foreach (RouteConfig route in table.Routes)
        {
            IList<Exception> wrong = await validator.ValidateRouteAsync(route);
            problems.AddRange(wrong.Count > 0 ? wrong : ProblemsOfTransforms(route, table));
        }

        return [.. problems.Select(static problem => $"{ProxyTable.Section}: {problem.Message}")];
    }

    /// <summary>Some of them YARP's validation lets through, and fails on when it has changed half of its table.</summary>
    private IReadOnlyList<Exception> ProblemsOfTransforms(RouteConfig route, ProxyTable table)
    {
        try
        {
            _ = transforms.Build(route, table.Clusters.FirstOrDefault(cluster => string.Equals(cluster.ClusterId, route.ClusterId, StringComparison.OrdinalIgnoreCase)));
            return [];
        }
        catch (Exception wrong)
        {
            // A transform's factory throws what it likes.
            return [wrong];
        }
    }

    private void Refuse(IReadOnlyList<string> problems)
    {
        metrics.ConfigurationReloaded(applied: false);
        Log.Refused(logger, string.Join(' ', problems));
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 601, Level = LogLevel.Information,
            Message = "The configuration has changed and is served: {Routes} routes, {Clusters} clusters, with the built-in ones.")]
        public static partial void Applied(ILogger logger, int routes, int clusters);

        [LoggerMessage(EventId = 602, Level = LogLevel.Error,
            Message = "The configuration has changed and is refused, the routes and clusters from before are served on: {Problems}")]
        public static partial void Refused(ILogger logger, string problems);

        [LoggerMessage(EventId = 603, Level = LogLevel.Warning,
            Message = "The configuration has changed in what is read at the start only: {Sections}. That takes effect with a restart.")]
        public static partial void NeedsRestart(ILogger logger, string sections);
    }
}

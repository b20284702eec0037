using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>The routes and clusters that the proxy has: the operator's, under <c>ReverseProxy</c>, and the built-in ones to the app.</summary>
internal sealed record ProxyTable(IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters)
{
    public const string Section = "ReverseProxy";

    /// <summary>Reads them, strictly where YARP is not.</summary>
    /// <exception cref="ConfigurationException">Something in the section is wrong; it has all that was found.</exception>
    public static ProxyTable Read(IConfiguration configuration, LegacyOptions legacy)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        List<string> problems =
        [
            .. YarpKeys.Unknown(section), .. WrongDestinations(section), .. TakenNames(section), .. WrongOptions(section),
            .. RoutePolicies.Problems(section.GetSection("Routes")),
        ];
        IProxyConfig? read = AsYarpDoes(section, problems);
        problems.AddRange(read is null ? [] : [.. RouteChecks.Problems(read.Routes, read.Clusters), .. WrongTimes(read.Clusters)]);
        if (read is null || problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        ClusterConfig[] clusters = [.. read.Clusters.Select(cluster => Complete(cluster, section.GetSection($"Clusters:{cluster.ClusterId}:{ExchangeOptions.OfCluster}")))];
        var totals = clusters.ToDictionary(
            static cluster => cluster.ClusterId, static cluster => ExchangeOptions.FromMetadata(cluster.Metadata).TotalTimeout, StringComparer.OrdinalIgnoreCase);
        return new ProxyTable(
            [.. read.Routes.Select(RoutePolicies.Without).Append(LegacyRoute.Route)
                .Select(route => Within(totals.GetValueOrDefault(route.ClusterId!, legacy.TotalTimeout), route))],
            [.. clusters, .. legacy.Address is null ? Array.Empty<ClusterConfig>() : [LegacyRoute.Cluster(legacy)]]);
    }

    /// <summary>
    /// The total time of a cluster bounds its routes' own, which ends what waits for a client that reads nothing too: <see cref="AppExchange"/> sees the
    /// server's side alone. It holds WebSockets to the time, which YARP takes out of a route's.
    /// </summary>
    private static RouteConfig Within(TimeSpan? total, RouteConfig route) =>
        total < (route.Timeout ?? TimeSpan.MaxValue) ? route with { Timeout = total } : route;

    /// <summary>Adds our own options to a cluster, and takes YARP's limit off where the operator has not set it.</summary>
    private static ClusterConfig Complete(ClusterConfig cluster, IConfigurationSection options)
    {
        var metadata = new Dictionary<string, string>(cluster.Metadata ?? new Dictionary<string, string>());
        foreach ((string key, string value) in ExchangeOptions.ToMetadata(options))
        {
            metadata[key] = value;
        }

        ForwarderRequestConfig request = cluster.HttpRequest ?? ForwarderRequestConfig.Empty;
        return cluster with { Metadata = metadata, HttpRequest = request with { ActivityTimeout = request.ActivityTimeout ?? LegacyRoute.NoActivityTimeout } };
    }

    private static IProxyConfig? AsYarpDoes(IConfigurationSection section, List<string> problems)
    {
        IProxyConfig? read = AsYarpDoes(section, out string problem);
        if (read is null)
        {
            // YARP does not say which value it could not read: whichever it cannot read alone.
            var unread = section.AsEnumerable().Where(static pair => !string.IsNullOrEmpty(pair.Value)).SelectMany(OfOne).ToList();
            problems.AddRange(unread.Where(one => !WrongKey.IsNamedIn(problems, one.Key))
                .Select(static one => $"{one.Key}: {one.Problem}").ToArray());
            problems.AddRange(unread.Count == 0 ? [$"{Section}: {problem}"] : []);
        }

        return read;
    }

    private static IEnumerable<(string Key, string Problem)> OfOne(KeyValuePair<string, string?> pair)
    {
        IConfiguration alone = new ConfigurationBuilder().AddInMemoryCollection([pair]).Build();
        return AsYarpDoes(alone.GetSection(Section), out string problem) is null ? [(pair.Key, problem)] : [];
    }

    /// <summary>YARP's reader is no public class; what it makes of a section can be had from its services alone. Null where it makes nothing.</summary>
    private static IProxyConfig? AsYarpDoes(IConfigurationSection section, out string problem)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddReverseProxy().LoadFromConfig(section);
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            problem = "";
            return provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
        }
        catch (Exception wrong)
        {
            // It throws whatever its conversions throw, plain exceptions among them; nothing else happens in there.
            problem = wrong.GetBaseException().Message;
            return null;
        }
    }

    /// <summary>YARP checks the address of a destination only when the first request is to go there, and writes the request's target behind whatever it is.</summary>
    private static IEnumerable<string> WrongDestinations(IConfigurationSection section) =>
        from cluster in section.GetSection("Clusters").GetChildren()
        from destination in cluster.GetSection("Destinations").GetChildren()
        let problem = !HttpAddress.TryRead(destination["Address"], out Uri? address) ? "the value is not an absolute URL with http or https."
            : HttpAddress.HasMore(address) ? "the URL of a destination has no user, password, query or fragment."
            : null
        where problem is not null
        select $"{destination.Path}:Address: {problem}";

    private static IEnumerable<string> WrongOptions(IConfigurationSection section) => section.GetSection("Clusters").GetChildren()
        .SelectMany(static cluster => SettingsReader.Read(cluster.GetSection(ExchangeOptions.OfCluster), new ExchangeOptions()));

    /// <summary>YARP would fail with each request.</summary>
    private static IEnumerable<string> WrongTimes(IEnumerable<ClusterConfig> clusters) =>
        from cluster in clusters
        where cluster.HttpRequest?.ActivityTimeout <= TimeSpan.Zero
        select $"{Section}:Clusters:{cluster.ClusterId}:HttpRequest:ActivityTimeout: must be above zero.";

    private static IEnumerable<string> TakenNames(IConfigurationSection section) =>
        from list in (string[])["Routes", "Clusters"]
        from entry in section.GetSection(list).GetChildren()
        where string.Equals(entry.Key, LegacyRoute.Id, StringComparison.OrdinalIgnoreCase)
        select $"{entry.Path}: the name is taken by the built-in route to the app.";
}

using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>The built-in route to the app, in YARP's terms: whatever no view and no route of the operator takes.</summary>
internal static class LegacyRoute
{
    public const string Id = "legacy";

    /// <summary>Our limits are finer (<see cref="AppExchange"/>); YARP's one for everything would cut silent WebSockets.</summary>
    public static readonly TimeSpan NoActivityTimeout = TimeSpan.FromDays(24);

    public static RouteConfig Route { get; } = new()
    {
        RouteId = Id,
        ClusterId = Id,
        Order = int.MaxValue,
        Match = new RouteMatch { Path = "/{**rest}" },
    };

    public static ClusterConfig Cluster(LegacyOptions options) => new()
    {
        ClusterId = Id,
        Destinations = new Dictionary<string, DestinationConfig> { ["app"] = new() { Address = options.Address!.AbsoluteUri } },
        HttpRequest = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = NoActivityTimeout,
        },
    };
}

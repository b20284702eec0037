using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Legacy;

/// <summary>What YARP takes of routes, and can only answer with an error at each request.</summary>
internal static class RouteChecks
{
    public static IEnumerable<string> Problems(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) =>
        [.. routes.SelectMany(route => ProblemsOf(route, clusters)), .. Ambiguous([.. routes, LegacyRoute.Route])];

    private static IEnumerable<string> ProblemsOf(RouteConfig route, IReadOnlyList<ClusterConfig> clusters)
    {
        string path = $"{ProxyTable.Section}:Routes:{route.RouteId}";
        if (string.IsNullOrEmpty(route.ClusterId))
        {
            yield return $"{path}:ClusterId: a route needs the name of a cluster.";
        }
        else if (!AreSame(route.ClusterId, LegacyRoute.Id) && !clusters.Any(cluster => AreSame(cluster.ClusterId, route.ClusterId)))
        {
            yield return $"{path}:ClusterId: there is no such cluster under {ProxyTable.Section}:Clusters.";
        }

        if (route.MaxRequestBodySize < -1)
        {
            yield return $"{path}:MaxRequestBodySize: must be a number of bytes from 0 on, or -1 for no limit.";
        }
    }

    /// <summary>Two that match the same requests, of which neither goes before the other.</summary>
    private static IEnumerable<string> Ambiguous(IReadOnlyList<RouteConfig> routes) =>
        from alike in routes.GroupBy(static route => (route.Order ?? 0, Shape: ShapeOf(route.Match.Path)))
        where alike.Key.Shape is not null
        from pair in alike.SelectMany((route, place) => alike.Take(place).Select(other => (Route: route, Other: other)))
        where Overlap(pair.Route.Match.Methods, pair.Other.Match.Methods) && Overlap(pair.Route.Match.Hosts, pair.Other.Match.Hosts)
            && (pair.Route.Match.Headers ?? []).SequenceEqual(pair.Other.Match.Headers ?? [])
            && (pair.Route.Match.QueryParameters ?? []).SequenceEqual(pair.Other.Match.QueryParameters ?? [])
        select $"{ProxyTable.Section}:Routes:{pair.Other.RouteId}: matches the same requests as {pair.Route.RouteId}; an Order says which goes first.";

    /// <summary>The path without the names of its parameters, which make no difference; null where it is no path, which YARP says itself.</summary>
    private static string? ShapeOf(string? path)
    {
        try
        {
            return string.Join('/', RoutePatternFactory.Parse(path ?? "/{**rest}").PathSegments.Select(static segment => string.Concat(segment.Parts.Select(ShapeOf))));
        }
        catch (RoutePatternException)
        {
            return null;
        }
    }

    private static string ShapeOf(RoutePatternPart part) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content.ToUpperInvariant(),
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.ParameterKind}{string.Concat(parameter.ParameterPolicies.Select(static policy => ":" + policy.Content))}}}",
        _ => part.ToString() ?? "",
    };

    /// <summary>One that names some goes before one that names none.</summary>
    private static bool Overlap(IReadOnlyList<string>? some, IReadOnlyList<string>? others) =>
        (some ?? []).Intersect(others ?? [], StringComparer.OrdinalIgnoreCase).Any() || ((some?.Count ?? 0) == 0 && (others?.Count ?? 0) == 0);

    private static bool AreSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

using System.Collections.Frozen;
using Gateway.Elasticsearch;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Views;

/// <summary>
/// Views, found by a request's method and target as it came. ASP.NET Core's own matching sees a path whose escapes and dots are resolved:
/// <c>/products/%2e%2e</c> would be <c>/</c> there. It also would be built anew at each reload, with all routes.
/// </summary>
internal sealed class ViewTable
{
    public static readonly ViewTable Empty = new([], null!);

    private readonly FrozenDictionary<int, Entry[]> _bySegments;

    public ViewTable(IEnumerable<ViewTemplate> views, ElasticsearchClient client) => _bySegments = views
        .GroupBy(static view => view.Path.SegmentCount)
        .ToFrozenDictionary(static group => group.Key, group => group
            .OrderBy(static view => view.Path, Comparer<PathTemplate>.Create(static (left, right) => left.CompareTo(right)))
            .Select(view => new Entry(view, EndpointOf(view, client)))
            .ToArray());

    /// <summary>The endpoint of the view whose path this is, and the path's arguments; null where it is the app's.</summary>
    public Endpoint? Find(string method, string target, out Arguments? arguments)
    {
        arguments = null;
        if (_bySegments.Count == 0)
        {
            return null;
        }

        ReadOnlySpan<char> path = RequestTarget.PathOf(target);
        if (!_bySegments.TryGetValue(path.Count('/'), out Entry[]? entries))
        {
            return null;
        }

        foreach (Entry entry in entries)
        {
            if (entry.View.Methods.Contains(method) && entry.View.Path.Match(path, entry.View.Parameters) is { } found)
            {
                arguments = found;
                return entry.Endpoint;
            }
        }

        return null;
    }

    private static Endpoint EndpointOf(ViewTemplate view, ElasticsearchClient client)
    {
        RequestDelegate answer = new View(view, client).AnswerAsync;
        // The builder adds what metrics take the route from.
        return new RouteEndpointBuilder(answer, RoutePatternFactory.Parse(view.Path.Text), order: 0) { DisplayName = view.Name }.Build();
    }

    private readonly record struct Entry(ViewTemplate View, Endpoint Endpoint);
}

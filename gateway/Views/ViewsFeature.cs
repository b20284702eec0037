using Gateway.Configuration;
using Gateway.Elasticsearch;

namespace Gateway.Views;

/// <summary>Routes that are answered from Elasticsearch instead of by the app.</summary>
internal static class ViewsFeature
{
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Head];

    public static void AddViews(this WebApplicationBuilder builder)
    {
        ViewsOptions views = builder.AddSettings<ViewsOptions>(ViewsOptions.Section);
        foreach (var same in views.GroupBy(static view => view.Value.Path).Where(static group => group.Count() > 1))
        {
            builder.AddProblem($"{ViewsOptions.Section}: {string.Join(" and ", same.Select(static view => view.Key))} have the same path {same.Key}.");
        }

        builder.Services.AddSingleton<MatcherPolicy, ExactPathPolicy>();
    }

    /// <summary>Other methods on a view's path, and paths that differ in the least, fall through to the app.</summary>
    public static void MapViews(this WebApplication app)
    {
        ElasticsearchClient client = app.Services.GetRequiredService<ElasticsearchClient>();
        foreach ((string name, ViewOptions options) in app.Services.GetRequiredService<ViewsOptions>())
        {
            var view = new View(name, options, client);
            app.MapMethods(options.Path, _methods, (RequestDelegate)view.AnswerAsync)
                .WithDisplayName(name)
                .WithMetadata(new ExactPath(options.Path))
                // Before a route of the operator's with the same path and methods, which would be a tie.
                .WithOrder(-1);
        }
    }
}

using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Elasticsearch;

namespace Gateway.Views;

/// <summary>Routes that are answered from Elasticsearch instead of by the app.</summary>
internal static class ViewsFeature
{
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Head];

    public static void AddViews(this WebApplicationBuilder builder)
    {
        ViewsOptions configured = builder.AddSettings<ViewsOptions>(ViewsOptions.Section);
        foreach (var same in configured.GroupBy(static view => view.Value.Path).Where(static group => group.Count() > 1))
        {
            builder.AddProblem($"{ViewsOptions.Section}: {string.Join(" and ", same.Select(static view => view.Key))} have the same path {same.Key}.");
        }

        AddFile(builder, new ViewFile(ConfigurationFolder.Find(), configured));
        builder.Services.AddSingleton<MatcherPolicy, ExactPathPolicy>();
        builder.Services.AddSingleton<MatcherPolicy, ViewTablePolicy>();
    }

    /// <summary>Other methods on a view's path, and paths that differ in the least, fall through to the app.</summary>
    public static void MapViews(this WebApplication app)
    {
        ElasticsearchClient client = app.Services.GetRequiredService<ElasticsearchClient>();
        foreach ((string name, ViewOptions options) in app.Services.GetRequiredService<ViewsOptions>())
        {
            var view = new View(options.ToTemplate(name), client);
            app.MapMethods(options.Path, _methods, (RequestDelegate)view.AnswerAsync)
                .WithDisplayName(name)
                .WithMetadata(new ExactPath(options.Path))
                // Before a route of the operator's with the same path and methods, which would be a tie.
                .WithOrder(-1);
        }

        app.Map("/{**rest}", (RequestDelegate)(static _ => throw new UnreachableException("A view of views.json stands in its place, or nothing.")))
            .WithMetadata(new ViewTablePlace())
            .WithOrder(-1);
    }

    private static void AddFile(WebApplicationBuilder builder, ViewFile file)
    {
        FilesFound found = file.Read();
        IReadOnlyList<ViewTemplate> views = file.Parse(found, out IReadOnlyList<string> problems);
        foreach (string problem in problems)
        {
            builder.AddProblem(problem);
        }

        builder.Services.AddSingleton(services =>
        {
            LiveViews live = ActivatorUtilities.CreateInstance<LiveViews>(services, file);
            live.Begin(views);
            return live;
        });
        builder.AddWatchedFiles((services, time) => services.GetRequiredService<LiveViews>().Watch(found, time));
    }
}

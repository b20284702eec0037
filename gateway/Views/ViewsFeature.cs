using System.Diagnostics;
using System.Globalization;
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

    /// <summary>In a line, why views.json is not served as it stands; null where it is.</summary>
    public static string? ViewsRefusal(this IServiceProvider services) => services.GetRequiredService<LiveViews>().Refusal is { } refusal
        ? string.Create(CultureInfo.InvariantCulture, $"{ViewFile.Name} is refused since {refusal.Since:yyyy-MM-ddTHH:mm:ssZ}, the views from before are served: {refusal.Reason}")
        : null;

    private static void AddFile(WebApplicationBuilder builder, ViewFile file)
    {
        ViewFileContent content = file.Read();
        IReadOnlyList<ViewTemplate> views = file.Parse(content, out IReadOnlyList<string> problems);
        foreach (string problem in problems)
        {
            builder.AddProblem(problem);
        }

        builder.Services.AddSingleton(services =>
        {
            LiveViews live = ActivatorUtilities.CreateInstance<LiveViews>(services, file);
            live.Begin(content, views);
            return live;
        });
        builder.Services.AddHostedService(static services => services.GetRequiredService<LiveViews>());
    }
}

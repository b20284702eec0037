using Gateway.Configuration;
using Gateway.Listening;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Views;

/// <summary>Routes that are answered from Elasticsearch instead of by the app.</summary>
internal static class ViewsFeature
{
    public static void AddViews(this WebApplicationBuilder builder)
    {
        ViewsOptions configured = builder.AddSettings<ViewsOptions>(ViewsOptions.Section);
        foreach (var same in configured.Served.GroupBy(static view => view.Value.Path).Where(static group => group.Count() > 1))
        {
            builder.AddProblem($"{ViewsOptions.Section}: {string.Join(" and ", same.Select(static view => view.Key))} have the same path {same.Key}.");
        }

        AddFile(builder, new ViewFile(ConfigurationFolder.Find(), configured));
    }

    /// <summary>Finds the view of a request before any route is looked for. Other methods on a view's path, and paths that differ in the least, are the app's.</summary>
    public static void UseViews(this WebApplication app)
    {
        LiveViews views = app.Services.GetRequiredService<LiveViews>();
        app.Use((context, next) =>
        {
            string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (!AdminConnection.Has(context) && views.Table.Find(context.Request.Method, target, out Arguments? arguments) is { } view)
            {
                context.Features.Set(arguments);
                context.SetEndpoint(view);
            }

            return next(context);
        });
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
            live.Serve(views);
            return live;
        });
        builder.AddWatchedFiles((services, time) => services.GetRequiredService<LiveViews>().Watch(found, time));
    }
}

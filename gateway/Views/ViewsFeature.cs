using Gateway.Configuration;
using Gateway.Listening;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Views;

/// <summary>Routes that are answered from Elasticsearch instead of by the app.</summary>
internal static class ViewsFeature
{
    public static void AddViews(this WebApplicationBuilder builder)
    {
        ViewsOptions configured = builder.AddSettings<ViewsOptions>(ViewsOptions.Section, Twins);
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

    private static IEnumerable<string> Twins(ViewsOptions views) =>
        from view in views.Served
        group view.Key by view.Value.Path into same
        where same.Count() > 1
        select $"{ViewsOptions.Section}: {string.Join(" and ", same)} have the same path {same.Key}.";

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

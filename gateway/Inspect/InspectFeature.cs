using System.Diagnostics;
using System.Text.Json;
using Gateway.Configuration;
using OpenTelemetry;

namespace Gateway.Inspect;

/// <summary>The last traces on the admin port: a list, one trace as a tree, and both as JSON.</summary>
internal static class InspectFeature
{
    /// <summary>No scripts, no other hosts: what a client put into a path cannot become more than text.</summary>
    private const string ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src data:";

    public static void AddInspect(this WebApplicationBuilder builder)
    {
        InspectOptions options = builder.AddSettings<InspectOptions>(InspectOptions.Section);
        if (options.Traces > 0)
        {
            builder.Services.AddSingleton<TraceStore>();
            builder.Services.AddSingleton<BaseProcessor<Activity>>(static services => services.GetRequiredService<TraceStore>());
        }
    }

    /// <summary><c>/</c>, <c>/traces/{id}</c> and <c>/api/traces</c>; <c>?tag=NAME&amp;value=TEXT</c> picks requests with such a span.</summary>
    public static RouteGroupBuilder MapInspect(this RouteGroupBuilder admin)
    {
        if (((IEndpointRouteBuilder)admin).ServiceProvider.GetService<TraceStore>() is not { } store)
        {
            admin.MapGet("/", static () => Results.Text("The page of traces is off: Inspect:Traces is 0.\n", statusCode: StatusCodes.Status404NotFound));
            return admin;
        }

        admin.MapGet("/", (HttpContext context, string? tag, string? value) =>
            Page(context, TracePages.List(Pick(store, tag, value), tag, value)));
        admin.MapGet("/traces/{id}", (HttpContext context, string id) => Find(store, id) is { Count: > 0 } trace
            ? Page(context, TracePages.Tree(trace, store))
            : Page(context, TracePages.Missing(id), StatusCodes.Status404NotFound));
        admin.MapGet("/api/traces", (HttpContext context, string? tag, string? value) =>
            Json(context, Pick(store, tag, value)));
        admin.MapGet("/api/traces/{id}", (HttpContext context, string id) =>
        {
            IReadOnlyList<Activity> trace = Find(store, id);
            context.Response.StatusCode = trace.Count > 0 ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            return Json(context, trace.Count > 0 ? [trace] : []);
        });
        admin.MapGet("/style.css", static () =>
            Results.Stream(typeof(InspectFeature).Assembly.GetManifestResourceStream("Gateway.Inspect.style.css")!, "text/css"));
        return admin;
    }

    private static IReadOnlyList<Activity> Find(TraceStore store, string id) =>
        id.Length == 32 && id.All(char.IsAsciiHexDigitLower) && id.AsSpan().ContainsAnyExcept('0') ? store.Find(ActivityTraceId.CreateFromString(id)) : [];

    private static List<TraceView> Pick(TraceStore store, string? tag, string? value) =>
        [.. store.Requests().Where(trace => tag is null || trace.Any(span => Is(span, tag, value))).Select(static trace => new TraceView(trace))];

    private static bool Is(Activity span, string tag, string? value) =>
        span.GetTagItem(tag) is { } found && (value is null || TraceView.Text(found) == value);

    private static IResult Page(HttpContext context, string html, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers.CacheControl = "no-store";
        return Results.Content(html, "text/html; charset=utf-8", statusCode: status);
    }

    private static Task Json(HttpContext context, IEnumerable<IReadOnlyList<Activity>> traces)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(
            context.Response.Body, traces.Select(static trace => trace.Select(static span => new SpanJson(span))), JsonSerializerOptions.Web, context.RequestAborted);
    }

    private static Task Json(HttpContext context, List<TraceView> traces) => Json(context, traces.Select(static trace => trace.Spans));
}

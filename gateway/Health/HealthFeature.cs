using Gateway.Configuration;
using Gateway.Listening;

namespace Gateway.Health;

/// <summary>What kubelet asks on the admin port.</summary>
internal static class HealthFeature
{
    /// <summary><c>/livez</c> answers 200 as long as the process runs; <c>/readyz</c> answers 503 from SIGTERM on, and says what is stale.</summary>
    public static RouteGroupBuilder MapHealth(this RouteGroupBuilder admin)
    {
        IServiceProvider services = ((IEndpointRouteBuilder)admin).ServiceProvider;
        Drain drain = services.GetRequiredService<Drain>();
        WatchedFiles[] watched = [.. services.GetServices<WatchedFiles>()];
        admin.MapGet("/livez", static () => Results.Text("live\n"));
        admin.MapGet("/readyz", () => drain.IsDraining
            ? Results.Text("draining\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text(string.Join('\n', ["ready", .. watched.Select(static files => files.Refusal).OfType<string>(), ""])));
        return admin;
    }
}

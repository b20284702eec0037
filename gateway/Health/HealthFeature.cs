using Gateway.Listening;

namespace Gateway.Health;

/// <summary>What kubelet asks on the admin port.</summary>
internal static class HealthFeature
{
    /// <summary><c>/livez</c> answers 200 as long as the process runs; <c>/readyz</c> answers 503 from SIGTERM on.</summary>
    public static RouteGroupBuilder MapHealth(this RouteGroupBuilder admin)
    {
        Drain drain = ((IEndpointRouteBuilder)admin).ServiceProvider.GetRequiredService<Drain>();
        admin.MapGet("/livez", static () => Results.Text("live\n"));
        admin.MapGet("/readyz", () => drain.IsDraining
            ? Results.Text("draining\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        return admin;
    }
}

using Gateway.Configuration;

namespace Gateway.Guard;

/// <summary>Refuses what must not be forwarded, and takes off what must not be believed, before anything is routed.</summary>
internal static class GuardFeature
{
    /// <summary>
    /// The benchmark's switch (tests/bench, <c>guard</c>), read from Gateway.runtimeconfig.json: no key of the configuration, so that
    /// nobody opens the edge with it by mistake.
    /// </summary>
    private const string OffSwitch = "Gateway.Guard.IsOff";

    public static void AddGuard(this WebApplicationBuilder builder) => builder.AddSettings<GuardOptions>(GuardOptions.Section);

    public static void UseGuard(this WebApplication app)
    {
        if (AppContext.TryGetSwitch(OffSwitch, out bool isOff) && isOff)
        {
            return;
        }

        if (app.Services.GetRequiredService<GuardOptions>().RequestsPerSecond is not null)
        {
            app.UseMiddleware<RateLimit>();
        }

        app.UseMiddleware<GuardMiddleware>();
    }
}

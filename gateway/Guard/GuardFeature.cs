using Gateway.Configuration;

namespace Gateway.Guard;

/// <summary>Refuses what must not be forwarded, and takes off what must not be believed, before anything is routed.</summary>
internal static class GuardFeature
{
    public static void AddGuard(this WebApplicationBuilder builder)
    {
        builder.AddSettings<GuardOptions>(GuardOptions.Section);
        builder.Services.AddSingleton<RateLimit>();
    }

    public static void UseGuard(this WebApplication app)
    {
        if (app.Services.GetRequiredService<GuardOptions>().RequestsPerSecond is not null)
        {
            app.UseMiddleware<RateLimit>();
        }

        app.UseMiddleware<GuardMiddleware>();
    }
}

using Gateway.Configuration;

namespace Gateway.Guard;

/// <summary>Refuses what must not be forwarded, and takes off what must not be believed, before anything is routed.</summary>
internal static class GuardFeature
{
    public static void AddGuard(this WebApplicationBuilder builder) => builder.AddSettings<GuardOptions>(GuardOptions.Section);

    public static void UseGuard(this WebApplication app)
    {
        GuardOptions options = app.Services.GetRequiredService<GuardOptions>();
        if (options.Enabled)
        {
            app.UseMiddleware<GuardMiddleware>();
        }
    }

    /// <summary>Whether the request comes from a proxy whose word about its client counts.</summary>
    public static bool IsFromTrustedProxy(this HttpContext context) => context.Features.Get<TrustedProxy>() is not null;
}

/// <summary>Marks a request of a trusted proxy.</summary>
internal sealed class TrustedProxy
{
    public static TrustedProxy Mark { get; } = new();
}

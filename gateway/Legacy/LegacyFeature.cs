using Gateway.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>YARP: the route to the app, and whatever routes and clusters the operator adds under <c>ReverseProxy</c>.</summary>
internal static class LegacyFeature
{
    private const string YarpSection = "ReverseProxy";

    public static void AddLegacy(this WebApplicationBuilder builder)
    {
        LegacyOptions options = builder.AddSettings<LegacyOptions>(LegacyOptions.Section);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ProxyClientFactory>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection(YarpSection))
            .LoadFromMemory([LegacyRoute.Route], options.Address is null ? [] : [LegacyRoute.Cluster(options)])
            .AddTransforms(Transforms.Add);
        KeepKeysInMemory(builder.Services);
        CheckDestinations(builder);
    }

    public static void MapLegacy(this WebApplication app)
    {
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Legacy");
        try
        {
            app.MapReverseProxy(proxy =>
            {
                proxy.Use((context, next) => ProxyErrors.AnswerAsync(context, next, logger));
                proxy.Use(static (context, next) =>
                {
                    HopFields.End(context.Request.Headers, context.Request.Headers.Connection);
                    return next(context);
                });
                proxy.UseSessionAffinity();
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
            });
        }
        catch (InvalidOperationException refused) when (refused.InnerException is { } reason)
        {
            IEnumerable<Exception> reasons = reason is AggregateException several ? several.Flatten().InnerExceptions : [reason];
            throw new ConfigurationException([.. reasons.Select(static one => $"{YarpSection}: {one.Message}")]);
        }
    }

    /// <summary>YARP checks the address of a destination only when the first request is to go there.</summary>
    private static void CheckDestinations(WebApplicationBuilder builder)
    {
        foreach (IConfigurationSection destination in builder.Configuration.GetSection($"{YarpSection}:Clusters").GetChildren()
            .SelectMany(static cluster => cluster.GetSection("Destinations").GetChildren()))
        {
            if (!Uri.TryCreate(destination["Address"], UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            {
                builder.AddProblem($"{destination.Path}:Address: the value is not an absolute URL with http or https.");
            }
        }
    }

    /// <summary>
    /// YARP's session affinity brings Data Protection along, which at every start would read and write keys on the disk that a
    /// sidecar does not have. Its cookies live as long as the process instead.
    /// </summary>
    private static void KeepKeysInMemory(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        ServiceDescriptor[] preloading = [.. services.Where(static service => service.ImplementationType?.Name == "DataProtectionHostedService")];
        Array.ForEach(preloading, service => services.Remove(service));
    }
}

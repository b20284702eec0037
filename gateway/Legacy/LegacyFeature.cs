using Gateway.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>YARP: the route to the app, and whatever routes and clusters the operator adds under <c>ReverseProxy</c>.</summary>
internal static class LegacyFeature
{
    public static void AddLegacy(this WebApplicationBuilder builder)
    {
        LegacyOptions options = builder.AddSettings<LegacyOptions>(LegacyOptions.Section);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ProxyClientFactory>();
        (IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) = ReadTable(builder, options);
        builder.Services.AddReverseProxy().LoadFromMemory(routes, clusters).AddTransforms(Transforms.Add);
        KeepKeysInMemory(builder.Services);
        builder.Services.RemoveAuthorization();
        builder.Services.AddRequestTimeouts();
        LiveConfiguration live = builder.LiveConfiguration();
        builder.AddWatchedFiles((services, time) => ActivatorUtilities.CreateInstance<LiveTable>(services, live).Watch(time));
    }

    /// <summary>Holds requests to the time that their route allows.</summary>
    public static void UseRouteTimeouts(this WebApplication app) => RouteTimeout.UseOn(app);

    public static void MapLegacy(this WebApplication app)
    {
        int buffered = app.Services.GetRequiredService<LegacyOptions>().BufferChunkedBodies;
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Legacy");
        try
        {
            app.MapReverseProxy(proxy =>
            {
                proxy.Use((context, next) => ProxyErrors.AnswerAsync(context, next, logger));
                proxy.Use(static (context, next) =>
                {
                    if (HttpProtocol.IsHttp2(context.Request.Protocol))
                    {
                        ResetCodes.PutRight(context);
                    }

                    HopFields.End(context.Request.Headers, context.Request.Headers.Connection);
                    // .NET sends no trailers with a request, so none may be announced.
                    context.Request.Headers.Remove("Trailer");
                    return next(context);
                });
                proxy.Use(Handshake.CheckAsync);
                if (buffered > 0)
                {
                    proxy.Use((context, next) => BodyLength.GiveAsync(context, next, buffered));
                }

                proxy.UseSessionAffinity();
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
            });
        }
        catch (InvalidOperationException refused) when (refused.InnerException is { } reason)
        {
            IEnumerable<Exception> reasons = reason is AggregateException several ? several.Flatten().InnerExceptions : [reason];
            throw new ConfigurationException([.. reasons.Select(static one => $"{ProxyTable.Section}: {one.Message}")]);
        }
    }

    private static ProxyTable ReadTable(WebApplicationBuilder builder, LegacyOptions options)
    {
        try
        {
            return ProxyTable.Read(builder.Configuration, options);
        }
        catch (ConfigurationException wrong)
        {
            foreach (string problem in wrong.Problems)
            {
                builder.AddProblem(problem);
            }

            return new ProxyTable([], []);
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

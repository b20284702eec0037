using Gateway.Configuration;
using Gateway.Tracing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Legacy;

/// <summary>YARP: the route to the app, and whatever routes and clusters the operator adds under <c>ReverseProxy</c>.</summary>
internal static class LegacyFeature
{
    private const string YarpSection = "ReverseProxy";

    /// <summary>The target is the app's to read: <c>%2F</c>, <c>//</c> and dots arrive as they came.</summary>
    private static readonly UriCreationOptions _asItCame = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static void AddLegacy(this WebApplicationBuilder builder)
    {
        LegacyOptions options = builder.AddSettings<LegacyOptions>(LegacyOptions.Section);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ProxyClientFactory>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection(YarpSection))
            .LoadFromMemory([LegacyRoute.Route], options.Address is null ? [] : [LegacyRoute.Cluster(options)])
            .AddTransforms(AddTransforms);
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

    private static void AddTransforms(TransformBuilderContext context)
    {
        context.AddRequestTransform(static transform =>
        {
            DescribeRoute(transform.HttpContext);
            return ValueTask.CompletedTask;
        });
        context.RequestTransforms.Add(new SentOnce());
        context.AddResponseTransform(static transform =>
        {
            AnswerFields.EndHop(transform);
            return ValueTask.CompletedTask;
        });
        if (context.Route.RouteId != LegacyRoute.Id)
        {
            return;
        }

        LegacyOptions options = context.Services.GetRequiredService<LegacyOptions>();
        context.AddOriginalHost(options.Host == HostSent.Client);
        context.AddForwardedFields();
        if (options.HideInternals)
        {
            context.AddResponseTransform(transform =>
            {
                AnswerFields.HideInternals(transform, options.Address!);
                return ValueTask.CompletedTask;
            });
        }

        context.AddRequestTransform(static transform =>
        {
            KeepTarget(transform);
            return ValueTask.CompletedTask;
        });
        if (context.Services.GetRequiredService<TracingOptions>().LoopReports)
        {
            context.AddResponseTransform(static transform =>
            {
                TakeLoopReport(transform);
                return ValueTask.CompletedTask;
            });
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

    /// <summary>What YARP would put on a span of its own, which would be a second Server span for one request.</summary>
    private static void DescribeRoute(HttpContext context)
    {
        if (RequestTrace.Of(context) is { } trace && context.Features.Get<IReverseProxyFeature>() is { } proxy)
        {
            trace.Set("proxy.route_id", proxy.Route.Config.RouteId);
            trace.Set("proxy.cluster_id", proxy.Cluster.Config.ClusterId);
            trace.Set("proxy.destination_id", proxy.ProxiedDestination?.DestinationId);
        }
    }

    private static void KeepTarget(RequestTransformContext transform)
    {
        string target = transform.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // The absolute form, RFC 9112 §3.2.2: its path is sent on.
        int scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (!target.StartsWith('/') && scheme > 0 && target.IndexOf('/', scheme + 3) is > 0 and int path)
        {
            target = target[path..];
        }

        if (target.StartsWith('/'))
        {
            transform.ProxyRequest.RequestUri = new Uri(string.Concat(transform.DestinationPrefix.AsSpan().TrimEnd('/'), target), _asItCame);
        }
    }

    private static void TakeLoopReport(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse?.Headers.NonValidated.TryGetValues(LoopReport.Field, out var values) != true)
        {
            return;
        }

        transform.HttpContext.Response.Headers.Remove(LoopReport.Field);
        if (RequestTrace.Of(transform.HttpContext) is { } trace && LoopReport.Parse(string.Join(", ", values)) is { } report)
        {
            if (report.Id is not null)
            {
                trace.RanOn(report.Id, report.Use);
            }

            trace.Set(Names.LoopCount, report.Count > 1 ? report.Count : null);
            if ((report.Error ?? report.Dead) is not null)
            {
                trace.LoopFailed(report.Error, report.Dead);
            }
        }
    }
}

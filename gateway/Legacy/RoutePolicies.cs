using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Legacy;

/// <summary>
/// Policies that YARP's routes can name are made in code, and the gateway makes none: who may call what is the app's affair. A route that names
/// one is refused, since without it the route would be open; the words for none are taken.
/// </summary>
internal static class RoutePolicies
{
    /// <summary>The keys, each with YARP's word for none.</summary>
    private static readonly Dictionary<string, string?> _words = new()
    {
        [nameof(RouteConfig.AuthorizationPolicy)] = "Anonymous",
        [nameof(RouteConfig.CorsPolicy)] = "Disable",
        [nameof(RouteConfig.RateLimiterPolicy)] = "Disable",
        [nameof(RouteConfig.TimeoutPolicy)] = "Disable",
        [nameof(RouteConfig.OutputCachePolicy)] = null,
    };

    public static IEnumerable<string> Problems(IConfigurationSection routes) =>
        from route in routes.GetChildren()
        from policy in _words
        let setting = route.GetSection(policy.Key)
        where !string.IsNullOrEmpty(setting.Value) && !string.Equals(setting.Value, policy.Value, StringComparison.OrdinalIgnoreCase)
        select $"{setting.Path}: the gateway has no such policies{(policy.Value is null ? "" : $"; the only value is {policy.Value}")}.";

    /// <summary>The route without the words for none, each of which asks for a middleware that would do nothing.</summary>
    public static RouteConfig Without(RouteConfig route) =>
        route with { AuthorizationPolicy = null, CorsPolicy = null, RateLimiterPolicy = null, TimeoutPolicy = null, OutputCachePolicy = null };

    /// <summary>YARP brings authorization along, which ASP.NET Core would put before all that is ours, with an asynchronous step for each request.</summary>
    public static void RemoveAuthorization(this IServiceCollection services) =>
        services.RemoveAll<IAuthorizationHandlerProvider>().RemoveAll<IAuthorizationService>().RemoveAll<IPolicyEvaluator>();
}

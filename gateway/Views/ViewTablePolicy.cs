using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Matching;

namespace Gateway.Views;

/// <summary>Marks the endpoint in whose place the views of views.json are put.</summary>
internal sealed class ViewTablePlace;

/// <summary>
/// Looks a request up in the views of views.json. ASP.NET Core's own matching sees a path whose escapes and dots are resolved: <c>/products/%2e%2e</c>
/// would be <c>/</c> there. It also would be built anew at each reload, with all routes.
/// </summary>
internal sealed class ViewTablePolicy(LiveViews views) : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>After the policy that keeps the admin listener apart.</summary>
    public override int Order => 1;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(static endpoint => endpoint.Metadata.GetMetadata<ViewTablePlace>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (int i = 0; i < candidates.Count; i++)
        {
            if (!candidates.IsValidCandidate(i) || candidates[i].Endpoint.Metadata.GetMetadata<ViewTablePlace>() is null)
            {
                continue;
            }

            string target = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            Endpoint? view = views.Table.Find(httpContext.Request.Method, target, out Arguments? arguments);
            httpContext.Features.Set(arguments);
            candidates.ReplaceEndpoint(i, view, candidates[i].Values);
        }

        return Task.CompletedTask;
    }
}

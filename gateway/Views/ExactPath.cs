using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Matching;

namespace Gateway.Views;

/// <summary>Marks an endpoint that matches as Flask does, case-sensitive and to the last slash, where ASP.NET Core would be lenient.</summary>
internal sealed record ExactPath(string Value);

/// <summary>Takes endpoints with an <see cref="ExactPath"/> out of the race where the raw target differs, so that the app gets the request.</summary>
internal sealed class ExactPathPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(static endpoint => endpoint.Metadata.GetMetadata<ExactPath>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        string target = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i)
                && candidates[i].Endpoint.Metadata.GetMetadata<ExactPath>() is { } exact
                && !RequestTarget.PathOf(target).SequenceEqual(exact.Value))
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}

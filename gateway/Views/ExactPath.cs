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
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i)
                && candidates[i].Endpoint.Metadata.GetMetadata<ExactPath>() is { } exact
                && !IsTarget(httpContext, exact.Value))
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The target as it came, before dots and percent signs were resolved; the absolute form (RFC 9112 §3.2.2) by its path.</summary>
    private static bool IsTarget(HttpContext context, string path)
    {
        ReadOnlySpan<char> target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            return context.Request.Path.Equals(path, StringComparison.Ordinal);
        }

        int query = target.IndexOf('?');
        return (query < 0 ? target : target[..query]).SequenceEqual(path);
    }
}

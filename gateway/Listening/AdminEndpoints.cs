using Microsoft.AspNetCore.Routing.Matching;

namespace Gateway.Listening;

/// <summary>Marks a connection that the admin listener accepted.</summary>
internal sealed class AdminConnection;

/// <summary>Marks an endpoint of the admin listener.</summary>
internal sealed class AdminOnly;

/// <summary>
/// Keeps the endpoints of the admin listener and all others apart. The listener decides, not the Host field, which anybody can
/// write: <c>/readyz</c> on a data port is the app's, and no path of the app is reachable through the admin port.
/// </summary>
internal sealed class AdminPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => -1;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        bool admin = httpContext.Features.Get<AdminConnection>() is not null;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && admin != candidates[i].Endpoint.Metadata.GetMetadata<AdminOnly>() is not null)
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}

using Microsoft.AspNetCore.Routing.Matching;

namespace Gateway.Listening;

/// <summary>Marks a connection that the admin listener accepted.</summary>
internal sealed class AdminConnection
{
    /// <summary>Whether the request came by the admin listener.</summary>
    public static bool Has(HttpContext context) => context.Features.Get<AdminConnection>() is not null;
}

/// <summary>Marks an endpoint of the admin listener.</summary>
internal sealed class AdminOnly;

/// <summary>
/// Keeps the endpoints of the admin listener and all others apart. The listener decides, not the Host field, which anybody can
/// write: <c>/readyz</c> on a data port is the app's, and no path of the app is reachable through the admin port.
/// </summary>
internal sealed class AdminPolicy : MatcherPolicy, INodeBuilderPolicy
{
    public override int Order => -1;

    /// <summary>Everywhere: what has no admin endpoint beside it is not reached through the admin listener either.</summary>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
        [.. endpoints.GroupBy(IsAdmins).Select(static group => new PolicyNodeEdge(group.Key, [.. group]))];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges)
    {
        int DestinationOf(bool admin) => edges.Where(edge => (bool)edge.State == admin).Select(static edge => edge.Destination).FirstOrDefault(exitDestination);
        return new JumpTable(DestinationOf(admin: true), DestinationOf(admin: false));
    }

    private static bool IsAdmins(Endpoint endpoint) => endpoint.Metadata.GetMetadata<AdminOnly>() is not null;

    private sealed class JumpTable(int admin, int data) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) => AdminConnection.Has(httpContext) ? admin : data;
    }
}

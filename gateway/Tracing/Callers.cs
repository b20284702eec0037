using System.Net;

namespace Gateway.Tracing;

/// <summary>Who calls, by the networks of the configuration.</summary>
internal static class Callers
{
    /// <summary>Whether the caller is in one of the networks; an IPv4 address counts as such also where a socket of both kinds accepted it.</summary>
    public static bool IsIn(this IPAddress? caller, List<IPNetwork> networks)
    {
        if (caller is null || networks.Count == 0)
        {
            return false;
        }

        IPAddress address = caller.IsIPv4MappedToIPv6 ? caller.MapToIPv4() : caller;
        // A lambda would be allocated for each request, with networks or without.
        foreach (IPNetwork network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}

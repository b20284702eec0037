using System.Net;

namespace Gateway.Configuration;

/// <summary>Who calls, by the networks of the configuration.</summary>
internal static class Callers
{
    /// <summary>How the configuration names who comes through a Unix socket, and so has no address.</summary>
    public const string UnixSocket = "unix";

    /// <summary>What stands for them: an address that no caller has.</summary>
    public static readonly IPAddress OfUnixSocket = IPAddress.None;

    /// <summary>Whether the caller is in one of the networks; an IPv4 address counts as such also where a socket of both kinds accepted it.</summary>
    public static bool IsIn(this IPAddress? caller, List<IPNetwork> networks)
    {
        if (networks.Count == 0)
        {
            return false;
        }

        IPAddress address = caller ?? OfUnixSocket;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
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

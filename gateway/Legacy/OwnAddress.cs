using System.Net;
using Gateway.Listening;

namespace Gateway.Legacy;

/// <summary>The app's address may not be that of a listener of this gateway: a request would go round until nothing is left to take it.</summary>
internal static class OwnAddress
{
    /// <summary>The listener at which requests to this address would arrive, by its key; null where there is none.</summary>
    public static string? ListenerAt(Uri address, IConfiguration configuration) => address.IsLoopback
        ? configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => IsAt(endpoint["Url"], address)).Select(ListeningFeature.KeyOf).FirstOrDefault()
        : null;

    private static bool IsAt(string? listener, Uri address)
    {
        try
        {
            return BindingAddress.Parse(listener ?? "") is { IsUnixPipe: false } bound && bound.Port == address.Port && IsOfLoopback(bound.Host);
        }
        catch (FormatException)
        {
            // Said by who listens.
            return false;
        }
    }

    /// <summary>A name is localhost or stands for all addresses.</summary>
    private static bool IsOfLoopback(string host) =>
        !IPAddress.TryParse(host, out IPAddress? ip) || IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);
}

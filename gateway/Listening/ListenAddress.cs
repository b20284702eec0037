using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Gateway.Listening;

/// <summary>The URL of a listener, more strictly than Kestrel reads it, and what would arrive there.</summary>
internal static class ListenAddress
{
    public static bool TryRead(string? url, [NotNullWhen(true)] out BindingAddress? address)
    {
        address = null;
        try
        {
            address = string.IsNullOrEmpty(url) ? null : BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            // Said with all that is none.
        }

        return address is { Port: >= 0 and <= 65535, Scheme: "http" or "https", PathBase: "" } && IsHost(address);
    }

    /// <summary>Whether the endpoint is switched off, by a URL that is empty or null: a shipped one cannot be left out in another way.</summary>
    public static bool IsOff(IConfigurationSection endpoint) =>
        endpoint.GetChildren().Any(static key => key.Key.Equals("Url", StringComparison.OrdinalIgnoreCase) && string.IsNullOrEmpty(key.Value) && !key.GetChildren().Any());

    public static bool IsHttps(string? url) => url?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Whether the app's URL leads to the listener: a request would go round until nothing is left to take it.</summary>
    public static bool IsAt(BindingAddress listener, Uri app) =>
        app.IsLoopback && !listener.IsUnixPipe && listener.Port == app.Port && IsOfLoopback(listener.Host);

    /// <summary>
    /// Whether it is certain that only one of the two can listen: they want one socket, or one port of an address that is the same or one of all. Of what
    /// else there is, such as localhost beside 127.0.0.1, the start tells.
    /// </summary>
    public static bool Clash(BindingAddress one, BindingAddress other) =>
        one.IsUnixPipe || other.IsUnixPipe
            ? one.IsUnixPipe && other.IsUnixPipe && one.UnixPipePath == other.UnixPipePath
            : one.Port == other.Port && one.Port > 0
                && (one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase) || IsOfAll(one.Host) || IsOfAll(other.Host));

    /// <summary>Kestrel takes any other word, a misspelt address too, for all addresses of the machine.</summary>
    private static bool IsHost(BindingAddress address) =>
        address.Host is "*" or "+" || address.IsUnixPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(address.Host, out _);

    private static bool IsOfAll(string host) => host is "*" or "+" || (IPAddress.TryParse(host, out IPAddress? ip) && ip.Equals(IPAddress.IPv6Any));

    /// <summary>A name is localhost or stands for all addresses.</summary>
    private static bool IsOfLoopback(string host) =>
        !IPAddress.TryParse(host, out IPAddress? ip) || IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);
}

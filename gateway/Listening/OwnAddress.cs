using System.Net;

namespace Gateway.Listening;

/// <summary>The app's address may not be that of a listener of this gateway: a request would go round until nothing is left to take it.</summary>
internal static class OwnAddress
{
    /// <summary>Whether requests to this URL would arrive at the listener.</summary>
    public static bool IsAt(BindingAddress listener, Uri app) =>
        app.IsLoopback && !listener.IsUnixPipe && listener.Port == app.Port && IsOfLoopback(listener.Host);

    /// <summary>A name is localhost or stands for all addresses.</summary>
    private static bool IsOfLoopback(string host) =>
        !IPAddress.TryParse(host, out IPAddress? ip) || IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);
}

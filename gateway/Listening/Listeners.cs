using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Legacy;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration.Memory;

namespace Gateway.Listening;

/// <summary>What is wrong with the URLs that the gateway is to listen on: before Kestrel tries, and where it could not.</summary>
internal static class Listeners
{
    private const string AdminKey = $"{AdminOptions.Section}:{nameof(AdminOptions.Url)}";
    private const string AppKey = $"{LegacyOptions.Section}:{nameof(LegacyOptions.Address)}";

    public static IEnumerable<string> Problems(IConfigurationRoot configuration)
    {
        _ = HttpAddress.TryRead(configuration[AppKey], out Uri? app);
        List<(string Key, BindingAddress Address)> others = [];
        foreach ((string key, string? url) in Urls(configuration))
        {
            if (!ListenAddress.TryRead(url, out BindingAddress? address))
            {
                yield return $"{key}: the value is not a URL to listen on: http or https, an IP address, localhost or *, and a port, such as http://*:8080.";
                continue;
            }

            if (address.IsUnixPipe && !Directory.Exists(Path.GetDirectoryName(address.UnixPipePath)))
            {
                yield return $"{key}: the folder of the socket '{address.UnixPipePath}' does not exist.";
            }
            else if (app is not null && ListenAddress.IsAt(address, app))
            {
                yield return $"{AppKey}: the gateway itself listens there, by {key}; it has to be the app's URL.";
            }
            else if (others.Find(other => ListenAddress.Clash(other.Address, address)) is { Key: { } other })
            {
                yield return $"{key}: {other} already listens on this port.";
            }

            others.Add((key, address));
        }

        if (Urls(configuration).All(static listener => listener.Key == AdminKey))
        {
            yield return "Kestrel:Endpoints: none is left to listen for clients.";
        }

        // Ours is a layer above it, which would win without a word.
        const string AdminUrl = $"Kestrel:Endpoints:{AdminOptions.Endpoint}:Url";
        if (configuration.Providers.Any(static layer => layer is not MemoryConfigurationProvider && layer.TryGet(AdminUrl, out string? url) && !string.IsNullOrEmpty(url)))
        {
            yield return $"{AdminUrl}: the name is taken; the URL of the admin listener is {AdminKey}.";
        }
    }

    /// <summary>Kestrel's section without the endpoints that are switched off.</summary>
    public static IConfiguration WithoutOff(IConfigurationSection kestrel)
    {
        string[] off = [.. kestrel.GetSection("Endpoints").GetChildren().Where(ListenAddress.IsOff).Select(static endpoint => endpoint.Path + ":")];
        return new ConfigurationBuilder()
            .AddInMemoryCollection(kestrel.AsEnumerable().Where(pair => !Array.Exists(off, path => (pair.Key + ":").StartsWith(path, StringComparison.OrdinalIgnoreCase))))
            .Build()
            .GetSection(kestrel.Path);
    }

    /// <summary>What is said where Kestrel has refused to start; null where it was not Kestrel.</summary>
    public static string? WhyNotStarted(Exception failed) => failed switch
    {
        SocketException or IOException { InnerException: AddressInUseException or SocketException } =>
            $"Kestrel:Endpoints or {AdminKey}: cannot listen: {failed.Message}",
        // It refuses some settings only then, and nothing has found this one before.
        _ when failed.StackTrace?.Contains("at Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) == true =>
            $"Kestrel: cannot start: {failed.Message.ReplaceLineEndings(" ")}",
        _ => null,
    };

    /// <summary>That of the admin listener is told by its own key, which may have changed since the start.</summary>
    private static IEnumerable<(string Key, string? Url)> Urls(IConfiguration configuration) =>
        from endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren()
        where !ListenAddress.IsOff(endpoint)
        select endpoint.Key == AdminOptions.Endpoint
            ? (AdminKey, configuration[AdminKey] is { Length: > 0 } url ? url : endpoint["Url"])
            : ($"{endpoint.Path}:Url{OriginOf(endpoint["Url"], configuration)}", endpoint["Url"]);

    /// <summary>Whoever sets ASP.NET Core's own variable does not know that it became an endpoint.</summary>
    private static string OriginOf(string? url, IConfiguration configuration) =>
        configuration[WebHostDefaults.ServerUrlsKey]?.Split(';', StringSplitOptions.TrimEntries).Contains(url) == true ? " (ASPNETCORE_URLS or --urls)" : "";
}

using System.Globalization;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace Gateway.Configuration;

/// <summary>
/// The layers of the configuration, later ones win: shipped defaults, ASP.NET Core's own address variables, the configuration
/// folder, environment variables, command line.
/// </summary>
internal static class Layers
{
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = args,
                // Wherever the process was started from, its defaults lie beside the executable.
                ContentRootPath = AppContext.BaseDirectory,
            });
            Insert(builder.Configuration, builder.Environment);
            return builder;
        }
        catch (InvalidDataException broken)
        {
            throw ConfigurationException.Of(broken);
        }
        catch (FormatException broken)
        {
            throw new ConfigurationException([broken.Message]);
        }
        catch (FileNotFoundException missing) when (missing.FileName is { } assembly)
        {
            throw new ConfigurationException(
                [$"{WebHostDefaults.StartupAssemblyKey} or {WebHostDefaults.HostingStartupAssembliesKey}: there is no assembly '{assembly.Split(',')[0]}'."]);
        }
    }

    /// <summary>Where the folder's files stand among the sources: after the defaults that depend on the environment.</summary>
    public static int PlaceOfFolder(IEnumerable<IConfigurationSource> sources) =>
        sources.Index().Single(static source => source.Item is DefaultsSource).Index + 1;

    private static void Insert(ConfigurationManager configuration, IHostEnvironment environment)
    {
        IList<IConfigurationSource> sources = configuration.Sources;
        int shipped = sources.Index().Last(static source => source.Item is JsonConfigurationSource).Index;
        sources.Insert(shipped + 1, new DefaultsSource { InitialData = DefaultsOf(environment, AddressesOfAspNetCore(configuration)) });
        int place = PlaceOfFolder(sources);
        FilesFound found = ConfigurationFolder.Read(ConfigurationFolder.Find());
        if (found.Failure is not null)
        {
            throw new ConfigurationException([found.Failure]);
        }

        FolderFile[] files = [.. found.Files.Select(static file => new FolderFile(file.Path, file.Bytes))];
        if (files.Select(static file => file.Problem()).OfType<string>().ToArray() is { Length: > 0 } broken)
        {
            throw new ConfigurationException(broken);
        }

        foreach (FolderFile file in files)
        {
            sources.Insert(place++, file);
        }
    }

    /// <summary>Development listens on loopback only and logs for people; everywhere else the log is JSON, a line each.</summary>
    private static Dictionary<string, string?> DefaultsOf(IHostEnvironment environment, Dictionary<string, string?> addresses)
    {
        if (!environment.IsDevelopment())
        {
            addresses["Logging:Console:FormatterName"] = "json";
            addresses["Logging:Console:FormatterOptions:TimestampFormat"] = "yyyy-MM-ddTHH:mm:ss.fffZ";
            addresses["Logging:Console:FormatterOptions:UseUtcTimestamp"] = "true";
            // Among the scopes are the ids of the trace and the span.
            addresses["Logging:Console:FormatterOptions:IncludeScopes"] = "true";
        }
        else if (addresses.Count == 0)
        {
            addresses["Kestrel:Endpoints:Http:Url"] = "http://localhost:8080";
        }

        return addresses;
    }

    /// <summary>
    /// ASPNETCORE_URLS, --urls, ASPNETCORE_HTTP_PORTS and ASPNETCORE_HTTPS_PORTS as Kestrel endpoints: Kestrel ignores them
    /// where endpoints are configured, and the shipped defaults configure one.
    /// </summary>
    private static Dictionary<string, string?> AddressesOfAspNetCore(IConfiguration configuration)
    {
        string?[] urls = [configuration[WebHostDefaults.ServerUrlsKey]];
        if (string.IsNullOrWhiteSpace(urls[0]))
        {
            urls =
            [
                FromPorts("http", configuration[WebHostDefaults.HttpPortsKey]),
                FromPorts("https", configuration[WebHostDefaults.HttpsPortsKey]),
            ];
        }

        var endpoints = new Dictionary<string, string?>();
        foreach (string url in urls.SelectMany(static list => Split(list)))
        {
            string name = endpoints.Count == 0 ? "Http" : "Url" + (endpoints.Count + 1).ToString(CultureInfo.InvariantCulture);
            endpoints[$"Kestrel:Endpoints:{name}:Url"] = url;
        }

        return endpoints;
    }

    private static string FromPorts(string scheme, string? ports) =>
        string.Join(';', Split(ports).Select(port => $"{scheme}://*:{port}"));

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Laid over the shipped files.</summary>
    internal sealed class DefaultsSource : MemoryConfigurationSource;
}

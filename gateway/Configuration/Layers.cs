using System.Globalization;
using System.Text.Json;
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
            string reason = broken.GetBaseException() is JsonException json ? json.Message : broken.InnerException?.Message ?? "";
            throw new ConfigurationException([$"{broken.Message} {reason}".Trim()]);
        }
        catch (FormatException broken)
        {
            throw new ConfigurationException([broken.Message]);
        }
    }

    private static void Insert(ConfigurationManager configuration, IHostEnvironment environment)
    {
        IList<IConfigurationSource> sources = configuration.Sources;
        int afterShipped = sources.IndexOf(sources.OfType<JsonConfigurationSource>().Last()) + 1;
        foreach (JsonConfigurationSource file in FolderFiles())
        {
            sources.Insert(afterShipped, file);
        }

        sources.Insert(afterShipped, new MemoryConfigurationSource
        {
            InitialData = DefaultsOf(environment, AddressesOfAspNetCore(configuration)),
        });
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

    /// <summary>The folder's files in reverse, so that inserting each at the same place leaves them in the order of their names.</summary>
    private static IEnumerable<JsonConfigurationSource> FolderFiles()
    {
        string? folder = ConfigurationFolder.Find();
        if (folder is null)
        {
            yield break;
        }

        foreach (string file in ConfigurationFolder.Files(folder).Reverse())
        {
            var source = new JsonConfigurationSource { Path = file, Optional = false, ReloadOnChange = false };
            source.ResolveFileProvider();
            yield return source;
        }
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
}

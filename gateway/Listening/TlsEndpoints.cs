using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Files;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Listening;

/// <summary>The listeners whose TLS is ours, by the name of their endpoint; Kestrel's own does the rest.</summary>
internal sealed class TlsEndpoints
{
    private readonly Dictionary<string, IReadOnlyList<TlsName>> _names;
    private readonly LiveFiles<X509Certificate2Collection>? _clientAuthorities;

    private TlsEndpoints(Dictionary<string, IReadOnlyList<TlsName>> names, LiveFiles<X509Certificate2Collection>? clientAuthorities) =>
        (_names, _clientAuthorities) = (names, clientAuthorities);

    /// <summary>Whether some listener does not want the same of the clients of all its names.</summary>
    public bool DifferByName => _names.Values.Any(static names => names.DistinctBy(static name => name.Clients).Count() > 1);

    public static TlsEndpoints Read(WebApplicationBuilder builder)
    {
        IHostEnvironment environment = builder.Environment;
        TlsOptions options = builder.AddSettings<TlsOptions>(TlsOptions.Section, static options => ProblemsOf(options));
        Dictionary<string, IReadOnlyList<TlsName>> names = builder.ReadChecked((configuration, problems) =>
        {
            IConfigurationSection kestrel = configuration.GetSection("Kestrel");
            CheckUnused(kestrel.GetSection("Certificates"), environment, problems);
            return Names(kestrel, environment, problems);
        });
        return new TlsEndpoints(names, ClientAuthorities(options));
    }

    public void Use(ListenOptions listener, string endpoint, ILogger logger)
    {
        if (_names.TryGetValue(endpoint, out IReadOnlyList<TlsName>? names))
        {
            new TlsEndpoint(names, _clientAuthorities, logger).Use(listener);
        }
    }

    private static Dictionary<string, IReadOnlyList<TlsName>> Names(IConfigurationSection kestrel, IHostEnvironment environment, List<string> problems)
    {
        var reader = new TlsReader(kestrel, environment, problems.Add);
        var all = new Dictionary<string, IReadOnlyList<TlsName>>(StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection endpoint in kestrel.GetSection("Endpoints").GetChildren().Where(static endpoint => !ListenAddress.IsOff(endpoint)))
        {
            if (reader.Names(endpoint) is { } names)
            {
                all[endpoint.Key] = names;
            }
        }

        return all;
    }

    /// <summary>Kestrel opens these, whether a listener needs them or not, and would not start.</summary>
    private static void CheckUnused(IConfigurationSection certificates, IHostEnvironment environment, List<string> problems)
    {
        foreach (IConfigurationSection certificate in certificates.GetChildren())
        {
            if (LiveCertificate.Of(certificate, environment.ContentRootPath) is { } files && files.Get(out string? problem) is null)
            {
                problems.Add($"{certificate.Path}: {problem}.");
            }
        }
    }

    private static LiveFiles<X509Certificate2Collection>? ClientAuthorities(TlsOptions options) =>
        options.ClientAuthorityFile is { } file ? new(() => PemFiles.Authorities(file), file) : null;

    private static IEnumerable<string> ProblemsOf(TlsOptions options) =>
        ClientAuthorities(options) is { } authorities && authorities.Get(out string? problem) is null
            ? [$"{TlsOptions.Section}:{nameof(TlsOptions.ClientAuthorityFile)}: {problem}."]
            : [];
}

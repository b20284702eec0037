using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Files;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Listening;

/// <summary>The listeners whose TLS is ours, by the name of their endpoint; Kestrel's own does the rest.</summary>
internal sealed class TlsEndpoints
{
    private readonly Dictionary<string, IReadOnlyList<TlsName>> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly LiveFiles<X509Certificate2Collection>? _clientAuthorities;

    private TlsEndpoints(LiveFiles<X509Certificate2Collection>? clientAuthorities) => _clientAuthorities = clientAuthorities;

    /// <summary>Whether some listener does not want the same of the clients of all its names.</summary>
    public bool DifferByName => _names.Values.Any(static names => names.DistinctBy(static name => name.Clients).Count() > 1);

    public static TlsEndpoints Read(WebApplicationBuilder builder)
    {
        IConfigurationSection kestrel = builder.Configuration.GetSection("Kestrel");
        var reader = new TlsReader(kestrel, builder.Environment, builder.AddProblem);
        var endpoints = new TlsEndpoints(ReadClientAuthorities(builder));
        foreach (IConfigurationSection endpoint in kestrel.GetSection("Endpoints").GetChildren())
        {
            if (reader.Names(endpoint) is { } names)
            {
                endpoints._names[endpoint.Key] = names;
            }
        }

        CheckUnused(kestrel.GetSection("Certificates"), builder);
        return endpoints;
    }

    public void Use(ListenOptions listener, string endpoint, ILogger logger)
    {
        if (_names.TryGetValue(endpoint, out IReadOnlyList<TlsName>? names))
        {
            new TlsEndpoint(names, _clientAuthorities, logger).Use(listener);
        }
    }

    /// <summary>Kestrel opens these, whether a listener needs them or not, and would not start.</summary>
    private static void CheckUnused(IConfigurationSection certificates, WebApplicationBuilder builder)
    {
        foreach (IConfigurationSection certificate in certificates.GetChildren())
        {
            if (LiveCertificate.Of(certificate, builder.Environment.ContentRootPath) is { } files && files.Get(out string? problem) is null)
            {
                builder.AddProblem($"{certificate.Path}: {problem}.");
            }
        }
    }

    private static LiveFiles<X509Certificate2Collection>? ReadClientAuthorities(WebApplicationBuilder builder)
    {
        if (builder.AddSettings<TlsOptions>(TlsOptions.Section).ClientAuthorityFile is not { } file)
        {
            return null;
        }

        var authorities = new LiveFiles<X509Certificate2Collection>(() => PemFiles.Authorities(file), file);
        if (authorities.Get(out string? problem) is null)
        {
            builder.AddProblem($"{TlsOptions.Section}:{nameof(TlsOptions.ClientAuthorityFile)}: {problem}.");
        }

        return authorities;
    }
}

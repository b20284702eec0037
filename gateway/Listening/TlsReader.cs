using System.Net.Quic;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Listening;

/// <summary>
/// Reads Kestrel's own keys for the TLS of a listener. Stricter than Kestrel, which passes over a word that it does not know, so that a
/// misspelt <c>RequireCertificate</c> would let everybody in.
/// </summary>
internal sealed class TlsReader(IConfiguration kestrel, IHostEnvironment environment, Action<string> problem)
{
    private const HttpProtocols Usual = HttpProtocols.Http1AndHttp2;

    /// <summary>
    /// Reads the names that an endpoint has certificates for; null where there is no TLS, or where Kestrel has to do it: with a certificate of a store,
    /// or one that it asks clients for later.
    /// </summary>
    public IReadOnlyList<TlsName>? Names(IConfigurationSection endpoint)
    {
        if (!ListenAddress.IsHttps(endpoint["Url"]))
        {
            // Without TLS it is Kestrel's to use, and here to check.
            if (Word<HttpProtocols>("Protocols", endpoint, kestrel.GetSection("EndpointDefaults")) == HttpProtocols.Http3)
            {
                problem($"{endpoint.Path}: HTTP/3 alone wants https.");
            }

            return null;
        }

        IConfigurationSection[] hosts = [.. endpoint.GetSection("Sni").GetChildren()];
        TlsName?[] names = hosts.Length == 0
            ? [Name(TlsName.Any, endpoint, endpoint)]
            : [.. hosts.Select(host => Name(host.Key, host, endpoint))];
        return names.Any(static name => name is null or { Clients: ClientCertificateMode.DelayCertificate }) ? null : [.. names.OfType<TlsName>()];
    }

    private TlsName? Name(string pattern, IConfigurationSection section, IConfigurationSection endpoint)
    {
        IConfigurationSection defaults = kestrel.GetSection("EndpointDefaults");
        ClientCertificateMode clients = Word<ClientCertificateMode>("ClientCertificateMode", section, endpoint, defaults) ?? ClientCertificateMode.NoCertificate;
        HttpProtocols protocols = Word<HttpProtocols>("Protocols", section, endpoint, defaults) ?? Usual;
        if (protocols == HttpProtocols.Http3 && !QuicListener.IsSupported)
        {
            problem($"{section.Path}: HTTP/3 alone is wanted, and cannot be had: the system's library libmsquic is missing.");
        }

        return Certificate(section, endpoint) is { } certificate
            ? new TlsName(pattern, certificate, Versions(section, endpoint, defaults), clients, protocols)
            : null;
    }

    private LiveCertificate? Certificate(IConfigurationSection section, IConfigurationSection endpoint)
    {
        IConfigurationSection[] places = [section.GetSection("Certificate"), endpoint.GetSection("Certificate"), kestrel.GetSection("Certificates:Default")];
        if (Array.Find(places, static place => place.GetChildren().Any()) is not { } place)
        {
            if (!environment.IsDevelopment())
            {
                problem($"{section.Path}: https wants a certificate, and none is named here or as Kestrel:Certificates:Default.");
            }

            return null;
        }

        if (LiveCertificate.Of(place, environment.ContentRootPath) is not { } certificate)
        {
            return null;
        }

        if (certificate.Get(out string? wrong) is null)
        {
            problem($"{place.Path}: {wrong}.");
        }

        return certificate;
    }

    private static SslProtocols? ByName(string? word) =>
        word switch
        {
            "Tls12" => SslProtocols.Tls12,
            "Tls13" => SslProtocols.Tls13,
            "None" => SslProtocols.None,
            _ => null,
        };

    /// <summary>None leaves it to the system.</summary>
    private SslProtocols Versions(params IConfigurationSection[] places)
    {
        IConfigurationSection? place = Array.Find(places, static place => place.GetSection("SslProtocols").GetChildren().Any());
        SslProtocols all = SslProtocols.None;
        foreach (IConfigurationSection version in place?.GetSection("SslProtocols").GetChildren() ?? [])
        {
            if (ByName(version.Value) is { } known)
            {
                all |= known;
            }
            else
            {
                problem($"{version.Path}: the value is not one of Tls12, Tls13, None.");
            }
        }

        return all;
    }

    private T? Word<T>(string key, params IConfigurationSection[] places)
        where T : struct, Enum
    {
        foreach (IConfigurationSection place in places.Where(place => !string.IsNullOrEmpty(place[key])))
        {
            // Several with commas between them would be another word yet.
            if (Enum.TryParse(place[key], ignoreCase: true, out T word) && Enum.IsDefined(word) && !place[key]!.Contains(','))
            {
                return word;
            }

            problem($"{place.Path}:{key}: the value is not one of {string.Join(", ", Enum.GetNames<T>())}.");
            return null;
        }

        return null;
    }
}

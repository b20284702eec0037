using System.Reflection;
using Gateway.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Listening;

/// <summary>
/// Finds what Kestrel would pass over in its section, a key that is misspelt or stands in the wrong place, and what would end its start
/// with an exception. The keys of limits are the properties of Kestrel's own options, which are bound by their names.
/// </summary>
internal static class KestrelKeys
{
    private const string Sni = "Sni";
    private const string Certificate = "Certificate";
    private const string Protocols = "Protocols";

    private static readonly string[] _ofHandshake = ["SslProtocols", "ClientCertificateMode"];
    private static readonly string[] _ofDefaults = [Protocols, .. _ofHandshake];
    private static readonly string[] _ofHttps = [Certificate, Sni, .. _ofHandshake];
    private static readonly string[] _ofHost = [Certificate, .. _ofDefaults];
    private static readonly string[] _ofEndpoint = ["Url", Protocols, .. _ofHttps];
    private static readonly string[] _ofCertificate = ["Path", "KeyPath", "Password", "Subject", "Store", "Location", "AllowInvalid"];
    private static readonly string[] _ofRate = ["BytesPerSecond", "GracePeriod"];
    private static readonly string[] _ofServer = ["Endpoints", "EndpointDefaults", "Certificates", .. Settable(typeof(KestrelServerOptions))];

    /// <summary>Every problem, as a sentence that names its key.</summary>
    public static IReadOnlyList<string> Problems(IConfigurationSection kestrel)
    {
        IReadOnlyList<string> problems = [.. OfKeys(kestrel)];
        return problems.Count > 0 ? problems : [.. BetweenLimits(kestrel.GetSection("Limits"))];
    }

    /// <summary>What Kestrel looks at when it starts.</summary>
    private static IEnumerable<string> BetweenLimits(IConfigurationSection section)
    {
        var limits = new KestrelServerLimits();
        section.Bind(limits);
        int least = Math.Max(limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize);
        return limits.MaxRequestBufferSize < least
            ?
            [
                $"{section.Path}:{nameof(limits.MaxRequestBufferSize)}: must be at least {least}, which is the larger of "
                + $"{nameof(limits.MaxRequestLineSize)} and {nameof(limits.MaxRequestHeadersTotalSize)}.",
            ]
            : [];
    }

    private static IEnumerable<string> OfKeys(IConfigurationSection kestrel) =>
        kestrel.GetChildren().SelectMany(child => child.Key.ToUpperInvariant() switch
        {
            "ENDPOINTS" => InEach(child, InEndpoint),
            "ENDPOINTDEFAULTS" => Unknown(child, _ofDefaults),
            "CERTIFICATES" => InEach(child, static one => Unknown(one, _ofCertificate)),
            "LIMITS" => InLimits(child),
            _ => ProblemOf(child, _ofServer) ?? InValue(child, child.Key, new KestrelServerOptions()),
        });

    private static IEnumerable<string> InEndpoint(IConfigurationSection endpoint) =>
    [
        .. Unknown(endpoint, _ofEndpoint),
        .. _ofHttps.Select(endpoint.GetSection).Where(setting => setting.Exists() && !ListenAddress.IsHttps(endpoint["Url"]) && !ListenAddress.IsOff(endpoint))
            .Select(static setting => $"{setting.Path}: has a meaning with an https URL only."),
        .. Unknown(endpoint.GetSection(Certificate), _ofCertificate),
        .. InEach(endpoint.GetSection(Sni), static host => [.. Unknown(host, _ofHost), .. Unknown(host.GetSection(Certificate), _ofCertificate)]),
    ];

    private static IEnumerable<string> InLimits(IConfigurationSection limits) =>
        InEach(limits, static child => child.Key.ToUpperInvariant() switch
        {
            "HTTP2" => InProtocol(child, typeof(Http2Limits)),
            "HTTP3" => InProtocol(child, typeof(Http3Limits)),
            "MINREQUESTBODYDATARATE" or "MINRESPONSEDATARATE" => InRate(child),
            _ => ProblemOf(child, Settable(typeof(KestrelServerLimits))) ?? InLimit(child, child.Key),
        });

    private static IEnumerable<string> InProtocol(IConfigurationSection limits, Type type) =>
        InEach(limits, child => ProblemOf(child, Settable(type)) ?? InLimit(child, $"{limits.Key}:{child.Key}"));

    private static IEnumerable<string> InRate(IConfigurationSection rate)
    {
        string[] missing = [.. _ofRate.Where(key => string.IsNullOrEmpty(rate[key]))];
        return Unknown(rate, _ofRate) is var unknown && unknown.Any() ? unknown
            : missing.Length == 1 ? [$"{rate.Path}: {missing[0]} is missing."]
            : InLimit(rate, rate.Key);
    }

    private static IEnumerable<string> InLimit(IConfigurationSection limit, string key) =>
        InValue(limit, key, new KestrelServerLimits { MinRequestBodyDataRate = null, MinResponseDataRate = null });

    /// <summary>Bound alone, so that it is known which key does not fit.</summary>
    private static IEnumerable<string> InValue(IConfigurationSection section, string key, object options)
    {
        IEnumerable<KeyValuePair<string, string?>> alone = section.AsEnumerable().Select(pair => KeyValuePair.Create($"{key}{pair.Key[section.Path.Length..]}", pair.Value));
        try
        {
            new ConfigurationBuilder().AddInMemoryCollection(alone).Build().Bind(options);
            return WrongDurations(section, key.Split(':').Aggregate(options.GetType(), static (type, name) => TypeOf(type, name)!));
        }
        catch (Exception refused) when (refused is InvalidOperationException or TargetInvocationException or ArgumentException)
        {
            // What stands innermost says what would have been right, for people, and before the parameter. Of what cannot be read it quotes the value.
            Exception reason = refused.GetBaseException();
            return [$"{section.Path}: {(reason is ArgumentException ? reason.Message.Split(" (Parameter")[0] : "the value is not of the kind that is wanted here.")}"];
        }
    }

    private static IEnumerable<string> WrongDurations(IConfigurationSection section, Type type) =>
        SettingsValue.WantedInstead(section.Value, type) is { } wanted
            ? [WrongKey.WrongValue(section, wanted)]
            : section.GetChildren().SelectMany(child => TypeOf(type, child.Key) is { } inner ? WrongDurations(child, inner) : []);

    private static Type? TypeOf(Type owner, string key) =>
        owner.GetProperty(key, BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase)?.PropertyType;

    private static IEnumerable<string> InEach(IConfigurationSection section, Func<IConfigurationSection, IEnumerable<string>> problems) =>
        string.IsNullOrEmpty(section.Value) ? section.GetChildren().SelectMany(problems) : [WrongKey.ValueForSection(section)];

    private static IEnumerable<string> Unknown(IConfigurationSection section, string[] keys) =>
        InEach(section, child => ProblemOf(child, keys) ?? []);

    /// <summary>Names the key as a problem; null where it is one of these.</summary>
    private static IEnumerable<string>? ProblemOf(IConfigurationSection child, IReadOnlyList<string> keys) =>
        keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase) ? null : [WrongKey.Unknown(child, keys)];

    /// <summary>Values, and limits made of values; what else there is, a program sets.</summary>
    private static string[] Settable(Type type) =>
    [
        .. from property in type.GetProperties()
           where property.PropertyType.IsValueType ? property.CanWrite : property.PropertyType.Namespace == typeof(Http2Limits).Namespace
           select property.Name,
    ];
}

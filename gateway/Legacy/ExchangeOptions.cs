using System.ComponentModel.DataAnnotations;
using Gateway.Configuration;

namespace Gateway.Legacy;

/// <summary>
/// How long we wait for a server behind the gateway, and how its connections are kept: the app, or a cluster under <c>ReverseProxy</c>, whose
/// own schema lacks this. Open to inheritance, since the app has more options in the same section.
/// </summary>
internal class ExchangeOptions
{
    /// <summary>The section of a cluster that has them.</summary>
    public const string OfCluster = "Loopgate";

    /// <summary>How long a connection may take to open, TLS included; 1 ms to 5 minutes. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00", ErrorMessage = "must be between 00:00:00.001 and 00:05:00.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the first byte of the answer may take, from the last byte of the request on; and as long a request may wait for a connection where
    /// <c>MaxConnectionsPerServer</c> bounds them; 1 ms to 1 day. Default 100 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ErrorMessage = "must be between 00:00:00.001 and 1.00:00:00.")]
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long the app may neither take a byte of a request's body nor send one of its answer; 1 ms to 1 day. Default 100 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ErrorMessage = "must be between 00:00:00.001 and 1.00:00:00.")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>The same for WebSockets, gRPC and server-sent events; 1 ms to 1 day. Default: none, they may be silent for ever.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ErrorMessage = "must be between 00:00:00.001 and 1.00:00:00.")]
    public TimeSpan? StreamIdleTimeout { get; set; }

    /// <summary>How long the whole exchange may take, body and streams included; 1 ms to 1 day. Default: none.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ErrorMessage = "must be between 00:00:00.001 and 1.00:00:00.")]
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>
    /// How long an idle connection is kept; it must be shorter than the app keeps it, or a request meets a connection that is being
    /// closed. .NET's pool adds up to 1 s, and gunicorn's gthread worker keeps 2 s; 0 to 1 day. Default 0.8 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "must be between 00:00:00 and 1.00:00:00.")]
    public TimeSpan PooledConnectionIdleTimeout { get; set; } = TimeSpan.FromSeconds(0.8);

    /// <summary>Age at which a connection is replaced, so that a changed address is noticed; 1 s to 1 day. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00.")]
    public TimeSpan PooledConnectionLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a connection carries more than one request. Default true; false for apps that break on it, as WsgiToAsgi on uvicorn does.</summary>
    public bool ReuseConnections { get; set; } = true;

    /// <summary>
    /// What a cluster's section says, as metadata of the cluster: these YARP compares at each reload, and hands on to where clients are made.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, string>> ToMetadata(IConfigurationSection section) =>
        from key in section.GetChildren()
        where !string.IsNullOrEmpty(key.Value)
        select KeyValuePair.Create($"{OfCluster}:{key.Key}", key.Value);

    /// <summary>Reads the options back from metadata; their values have been checked.</summary>
    public static ExchangeOptions FromMetadata(IReadOnlyDictionary<string, string>? metadata)
    {
        var options = new ExchangeOptions();
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(Ours(metadata)!).Build();
        SettingsReader.Read(configuration.GetSection(OfCluster), options);
        return options;
    }

    public static bool AreSame(IReadOnlyDictionary<string, string>? one, IReadOnlyDictionary<string, string>? other) =>
        Ours(one).SequenceEqual(Ours(other));

    private static IEnumerable<KeyValuePair<string, string>> Ours(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.Where(static entry => entry.Key.StartsWith(OfCluster + ':', StringComparison.Ordinal)).OrderBy(static entry => entry.Key, StringComparer.Ordinal)
        ?? Enumerable.Empty<KeyValuePair<string, string>>();
}

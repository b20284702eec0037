using System.ComponentModel.DataAnnotations;

namespace Gateway.Legacy;

/// <summary>Which Host field reaches the app.</summary>
internal enum HostSent
{
    /// <summary>The one that the client sent: Django's CSRF check and absolute URLs need it.</summary>
    Client,

    /// <summary>That of <see cref="LegacyOptions.Address"/>.</summary>
    App,
}

/// <summary>The Python app behind the gateway: where it is, and how long we wait for it.</summary>
internal sealed class LegacyOptions : IValidatableObject
{
    public const string Section = "Legacy";

    /// <summary>URL of the app, http or https. Required outside Development, where a stand-in takes its place.</summary>
    [Required(ErrorMessage = "the URL of the app is required, such as http://127.0.0.1:8000.")]
    public Uri? Address { get; set; }

    /// <summary>Which Host the app sees: <c>client</c> or <c>app</c>. Default <c>client</c>.</summary>
    public HostSent Host { get; set; } = HostSent.Client;

    /// <summary>How long a connection may take to open, TLS included; 1 ms to 5 minutes. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00", ErrorMessage = "must be between 00:00:00.001 and 00:05:00.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the first byte of the answer may take, from the last byte of the request on; 1 ms to 1 day. Default 100 s.</summary>
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
    /// Whether the app's <c>Server</c> and <c>X-Powered-By</c> are removed from its answers, and a redirect to <see cref="Address"/> leads
    /// to the client's host instead. Default true.
    /// </summary>
    public bool HideInternals { get; set; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is { } address && (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0))
        {
            yield return new ValidationResult("the URL of the app has no user, password, query or fragment.", [nameof(Address)]);
        }
    }
}

using System.ComponentModel.DataAnnotations;
using Gateway.Configuration;

namespace Gateway.Legacy;

/// <summary>Which Host field reaches the app.</summary>
internal enum HostSent
{
    /// <summary>The one that the client sent: Django's CSRF check and absolute URLs need it.</summary>
    Client,

    /// <summary>That of <see cref="LegacyOptions.Address"/>.</summary>
    App,
}

/// <summary>The Python app behind the gateway: where it is, how long we wait for it, and what it sees.</summary>
internal sealed class LegacyOptions : ExchangeOptions, IValidatableObject
{
    public const string Section = "Legacy";

    /// <summary>URL of the app, http or https. Required outside Development, where a stand-in takes its place.</summary>
    [Required(ErrorMessage = "the URL of the app is required, such as http://127.0.0.1:8000.")]
    public Uri? Address { get; set; }

    /// <summary>Which Host the app sees: <c>client</c> or <c>app</c>. Default <c>client</c>.</summary>
    public HostSent Host { get; set; } = HostSent.Client;

    /// <summary>
    /// Whether the app's <c>Server</c> and <c>X-Powered-By</c> are removed from its answers, and a redirect to <see cref="Address"/> leads
    /// to the client's host instead. Default true.
    /// </summary>
    public bool HideInternals { get; set; } = true;

    /// <summary>
    /// How many bytes of a body that comes in chunks are collected, to be sent with their length; a longer one is answered 413; 0 to 1 GiB.
    /// Default 0: chunks are sent on as chunks, which apps under WSGI take for an empty body.
    /// </summary>
    [Range(0, 1 << 30, ErrorMessage = "must be between 0 and 1073741824.")]
    public int BufferChunkedBodies { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is { } address && HttpAddress.HasMore(address))
        {
            yield return new ValidationResult("the URL of the app has no user, password, query or fragment.", [nameof(Address)]);
        }
    }
}

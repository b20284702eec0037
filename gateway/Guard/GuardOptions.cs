using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Gateway.Guard;

/// <summary>What is refused before it is routed, and whose word about the client is taken.</summary>
internal sealed class GuardOptions : IValidatableObject
{
    public const string Section = "Guard";

    /// <summary>
    /// Whether requests are checked, and what only proxies may say is removed. False only where a strict proxy stands in front, which is
    /// then believed. Default true.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// Hosts that are served, without port: a name, or <c>*.example.com</c> for all below one; others are answered 421. Default: none,
    /// which means all.
    /// </summary>
    public List<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Methods that are served; others are answered 501, TRACE and CONNECT 405 always. Default: none, which means GET, HEAD, POST, PUT,
    /// PATCH, DELETE and OPTIONS.
    /// </summary>
    public List<string> Methods { get; } = [];

    /// <summary>
    /// Networks of proxies, or <c>unix</c> for who comes through a Unix socket, whose <c>X-Forwarded-*</c>, <c>Forwarded</c> and fields like
    /// <c>X-Real-IP</c> are believed: they pass, with the caller added to <c>X-Forwarded-For</c>. What others send in them is removed. Default: none.
    /// </summary>
    public List<IPNetwork> TrustedProxies { get; } = [];

    /// <summary>Fields that pass from everybody though the guard would remove them, such as <c>X-HTTP-Method-Override</c>. Default: none.</summary>
    public List<string> KeepFields { get; } = [];

    /// <summary>
    /// How many requests of one client are served in a second, on the average; what is beyond is answered 429. 1 to 1,000,000. Default: none,
    /// which means all.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "the value is not between 1 and 1000000.")]
    public int? RequestsPerSecond { get; set; }

    /// <summary>
    /// How many may come at once after a pause; .NET's limiter may let as many pass again in the tenth of a second after it. 1 to 1,000,000,
    /// and at least a tenth of <see cref="RequestsPerSecond"/>. Default: as many as in a second.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "the value is not between 1 and 1000000.")]
    public int? Burst { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Burst is not null && RequestsPerSecond is null)
        {
            yield return new ValidationResult("it has no meaning without RequestsPerSecond.", [nameof(Burst), nameof(RequestsPerSecond)]);
        }

        if (Burst * 10 < RequestsPerSecond)
        {
            yield return new ValidationResult(
                "the value is less than a tenth of RequestsPerSecond, which could never be reached then.", [nameof(Burst), nameof(RequestsPerSecond)]);
        }

        if (RequestsPerSecond is not null && !Enabled && TrustedProxies.Count == 0)
        {
            yield return new ValidationResult(
                "where Enabled is false, TrustedProxies must name the proxy in front: else all clients behind it would count as one.",
                [nameof(RequestsPerSecond), nameof(Enabled), nameof(TrustedProxies)]);
        }

        foreach (string host in AllowedHosts.Where(static host => !HostList.IsPattern(host)))
        {
            yield return new ValidationResult($"'{host}' is not a host such as shop.example or *.shop.example, without a port.", [nameof(AllowedHosts)]);
        }

        foreach (string method in Methods)
        {
            if (!Token.Is(method) || method is "TRACE" or "CONNECT")
            {
                yield return new ValidationResult($"'{method}' is not a method that can be served.", [nameof(Methods)]);
            }
            else if (HttpMethods.GetCanonicalizedValue(method) is { } known && known != method)
            {
                yield return new ValidationResult($"'{method}' is not the method {known}: their case matters.", [nameof(Methods)]);
            }
        }

        foreach (string field in KeepFields.Where(static field => !Token.Is(field)))
        {
            yield return new ValidationResult($"'{field}' is not the name of a field.", [nameof(KeepFields)]);
        }
    }
}

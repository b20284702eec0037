using System.Security.Authentication;

namespace Gateway.Elasticsearch;

/// <summary>A handshake that failed, and why. By its base .NET's HTTP client knows that it was a matter of TLS.</summary>
internal sealed class TlsException(string cause, string message, Exception inner) : AuthenticationException(message, inner)
{
    /// <summary>One of <see cref="Causes"/>.</summary>
    public string Cause { get; } = cause;
}

using System.Collections.Frozen;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// Sends a request once more, on a new connection, where the one that it was written to had been used before and ended without a byte of
/// an answer: most likely its peer gave it up while the request was on its way. Only what may be repeated (RFC 9110 §9.2.2) and has no body.
/// </summary>
internal sealed partial class SentAgain(HttpMessageHandler fresh, ILogger logger) : IDisposable
{
    private static readonly FrozenSet<HttpMethod> _idempotent =
        FrozenSet.Create(HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Trace);

    private readonly HttpMessageInvoker _fresh = new(fresh);

    /// <summary>Whether the request failed so, and may be repeated.</summary>
    public static bool Helps(HttpRequestMessage request, HttpRequestException failed) =>
        failed.InnerException is NoAnswerException { WasReused: true }
        && _idempotent.Contains(request.Method) && request.Content is null or { Headers.ContentLength: 0 };

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        Log.Again(logger, request.Method);
        return _fresh.SendAsync(request, cancellation);
    }

    public void Dispose() => _fresh.Dispose();

    private static partial class Log
    {
        [LoggerMessage(EventId = 604, Level = LogLevel.Debug, Message = "A pooled connection ended before the answer began; {Method} is sent again on a new one.")]
        public static partial void Again(ILogger logger, HttpMethod method);
    }
}

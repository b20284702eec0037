using System.Collections.Frozen;

namespace Gateway.Legacy;

/// <summary>
/// Sends a request once more, on a new connection, where the one that it was written to had been used before and ended without a byte of
/// an answer: most likely its peer gave it up while the request was on its way. Only what may be repeated (RFC 9110 §9.2.2) and has no body.
/// </summary>
internal sealed partial class SentAgain(HttpMessageHandler pooled, HttpMessageHandler fresh, ILogger logger) : DelegatingHandler(pooled)
{
    private static readonly FrozenSet<HttpMethod> _idempotent =
        FrozenSet.Create(HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Trace);

    private readonly HttpMessageInvoker _fresh = new(fresh);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failed) when (failed.InnerException is NoAnswerException { WasReused: true } && MayBeRepeated(request))
        {
            Log.Again(logger, request.Method);
            return await _fresh.SendAsync(request, cancellationToken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _fresh.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool MayBeRepeated(HttpRequestMessage request) =>
        _idempotent.Contains(request.Method) && request.Content is null or { Headers.ContentLength: 0 };

    private static partial class Log
    {
        [LoggerMessage(EventId = 604, Level = LogLevel.Debug, Message = "A pooled connection ended before the answer began; {Method} is sent again on a new one.")]
        public static partial void Again(ILogger logger, HttpMethod method);
    }
}

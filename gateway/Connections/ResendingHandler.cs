using System.Diagnostics;

namespace Gateway.Connections;

/// <summary>
/// Sends a request once more, on a new connection, where the one that it was written to had been used before and ended without a byte of an answer: most
/// likely its peer gave it up while the request was on its way. Another pooled connection may be as stale as the first.
/// </summary>
/// <param name="pooled">Sends every request.</param>
/// <param name="fresh">Sends what is sent again, each on a connection of its own.</param>
/// <param name="mayRepeat">Whether a request may arrive twice.</param>
/// <param name="logger">Is told of each that is sent again.</param>
internal sealed partial class ResendingHandler(
    HttpMessageHandler pooled, HttpMessageHandler fresh, Func<HttpRequestMessage, bool> mayRepeat, ILogger logger) : DelegatingHandler(pooled)
{
    private readonly HttpMessageInvoker _fresh = new(fresh);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failed) when (failed.InnerException is NoAnswerException { WasReused: true } && mayRepeat(request))
        {
            Log.Again(logger, request.Method);
            // .NET leaves trace context alone that is there already; this attempt has a span of its own.
            foreach (string field in DistributedContextPropagator.Current.Fields)
            {
                request.Headers.Remove(field);
            }

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

    private static partial class Log
    {
        [LoggerMessage(EventId = 604, Level = LogLevel.Debug, Message = "A pooled connection ended before the answer began; {Method} is sent again on a new one.")]
        public static partial void Again(ILogger logger, HttpMethod method);
    }
}

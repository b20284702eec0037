using System.Diagnostics;
using Gateway.Connections;

namespace Gateway.Elasticsearch;

/// <summary>
/// Sends a call once more, on a new connection, where the one that it was written to had been used before and ended without a byte of an answer. All calls only
/// read, so each may be repeated; another pooled connection may be as stale as the first.
/// </summary>
internal sealed class ResendingHandler(HttpMessageHandler pooled, HttpMessageHandler fresh) : DelegatingHandler(pooled)
{
    private readonly HttpMessageInvoker _fresh = new(fresh);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failed) when (failed.InnerException is NoAnswerException { WasReused: true })
        {
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
}

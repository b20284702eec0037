using System.Net;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>The body of a request, of which the app must take each piece within a time, and then begin to answer.</summary>
/// <param name="inner">The body itself.</param>
/// <param name="limit">The time of the exchange.</param>
/// <param name="idle">How long the app may take nothing; null for ever.</param>
/// <param name="afterwards">What the app has for the first byte of its answer once it has taken the whole request.</param>
internal sealed class TimedBody(HttpContent inner, TimeLimit limit, TimeSpan? idle, TimeSpan afterwards) : PassingContent(inner)
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        limit.BodyBegins();
        try
        {
            // The stream's owner disposes it; this only times what is written to it.
            await Inner.CopyToAsync(new TimedStream(stream, limit, idle), context, cancellationToken);
            limit.AwaitAnswer(afterwards);
        }
        finally
        {
            limit.BodyEnds();
        }
    }
}

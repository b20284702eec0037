using System.Net;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>The body of an answer, whose reading must go on within a time; its end is that of the exchange.</summary>
/// <param name="inner">The body itself.</param>
/// <param name="limit">The time of the exchange.</param>
/// <param name="idle">How long the app may be silent; null for ever.</param>
/// <param name="answered">The upload that it answers, if any.</param>
internal sealed class TimedAnswer(HttpContent inner, TimeLimit limit, TimeSpan? idle, Upload? answered) : PassingContent(inner)
{
    protected override async Task<Stream> CreateContentReadStreamAsync() => Timed(await Inner.ReadAsStreamAsync());

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        Timed(await Inner.ReadAsStreamAsync(cancellationToken));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using Stream body = await CreateContentReadStreamAsync(cancellationToken);
        await body.CopyToAsync(stream, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            limit.Dispose();
        }
    }

    private TimedStream Timed(Stream body) => new(body, limit, idle, answered);
}

using System.Net;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// A body, of a request or of an answer, of which each read from the app and each write to it must go on within a time.
/// </summary>
internal sealed class TimedContent : PassingContent
{
    private readonly TimeLimit _limit;
    private readonly TimeSpan? _idle;
    private readonly TimeSpan? _afterwards;
    private readonly Upload? _answered;

    /// <param name="inner">The body itself.</param>
    /// <param name="limit">The time that is armed and disarmed.</param>
    /// <param name="idle">The longest pause; null for none.</param>
    /// <param name="afterwards">What the app has once it has taken the whole request.</param>
    /// <param name="answered">Of an answer: the upload that it answers.</param>
    public TimedContent(HttpContent inner, TimeLimit limit, TimeSpan? idle, TimeSpan? afterwards = null, Upload? answered = null)
        : base(inner) => (_limit, _idle, _afterwards, _answered) = (limit, idle, afterwards, answered);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _limit.BodyBegins();
        try
        {
            // The stream's owner disposes it; this only times what is written to it.
            await Inner.CopyToAsync(new TimedStream(stream, _limit, _idle), context, cancellationToken);
            _limit.Arm(_afterwards);
        }
        finally
        {
            _limit.BodyEnds();
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new TimedStream(await Inner.ReadAsStreamAsync(), _limit, _idle, _answered);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new TimedStream(await Inner.ReadAsStreamAsync(cancellationToken), _limit, _idle, _answered);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && _afterwards is null)
        {
            _limit.Dispose();
        }
    }
}

using System.Net;

namespace Gateway.Legacy;

/// <summary>
/// A request's body that ends where the app has answered before it took all of it. What is missing is made up to .NET, which reads the
/// answer only then; nothing of that reaches the app.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    private static readonly byte[] _nothing = new byte[64 * 1024];

    private readonly HttpContent _inner;
    private readonly Upload _upload;
    private readonly TimeLimit _limit;
    private readonly ExchangeOptions _options;

    public UploadContent(HttpContent inner, Upload upload, TimeLimit limit, ExchangeOptions options)
    {
        (_inner, _upload, _limit, _options) = (inner, upload, limit, options);
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var body = new UploadStream(new TimedStream(stream, _limit, _options.IdleTimeout), _upload);
        try
        {
            Task copy = _upload.Start(() => _inner.CopyToAsync(body, context, cancellationToken));
            if (await Task.WhenAny(copy, _upload.Over) == copy && !_upload.IsStopped)
            {
                await copy;
            }
            else
            {
                await body.CloseAsync(copy);
                await MakeUpAsync(stream, body.Written, cancellationToken);
            }
        }
        finally
        {
            _upload.Sent();
        }

        _limit.Arm(_options.FirstByteTimeout);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <summary>The length is the field's: a Content-Length stays one, chunks stay chunks.</summary>
    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task MakeUpAsync(Stream stream, long written, CancellationToken cancellationToken)
    {
        for (long missing = (_inner.Headers.ContentLength ?? 0) - written; missing > 0; missing -= _nothing.Length)
        {
            await stream.WriteAsync(_nothing.AsMemory(0, (int)Math.Min(missing, _nothing.Length)), cancellationToken);
        }
    }
}

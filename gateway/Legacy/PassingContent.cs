using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Legacy;

/// <summary>A body that stands before another and has its fields and its length: a Content-Length stays one, chunks stay chunks.</summary>
internal abstract class PassingContent : HttpContent
{
    protected PassingContent(HttpContent inner)
    {
        Inner = inner;
        foreach ((string name, HeaderStringValues values) in inner.Headers.NonValidated)
        {
            if (values.Count == 1)
            {
                // The other overload would box the values, and the enumerator that it walks them with.
                Headers.TryAddWithoutValidation(name, values.ToString());
            }
            else
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }
    }

    protected HttpContent Inner { get; }

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override bool TryComputeLength(out long length)
    {
        length = Inner.Headers.ContentLength ?? 0;
        return Inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

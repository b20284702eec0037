using System.Net;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// A request's body that ends where the app has answered before it took all of it. .NET reads the answer only after as many bytes as
/// <c>Content-Length</c> says, so the rest is padded with bytes that never reach the app.
/// </summary>
internal sealed class UploadContent(HttpContent inner, Upload upload, TimeLimit limit, TimeSpan? idle, TimeSpan afterwards) : PassingContent(inner)
{
    /// <summary>The most that is padded. The length is the client's word: by naming one that is never sent it could keep a core busy for as long as it likes.</summary>
    private const long MostPadding = 64L << 30;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        limit.BodyBegins();
        var body = new UploadStream(new TimedStream(stream, limit, idle), upload);
        try
        {
            Task copy = upload.Start(() => Inner.CopyToAsync(body, context, cancellationToken));
            if (await Task.WhenAny(copy, upload.Over) == copy && !upload.IsStopped)
            {
                await copy;
            }
            else
            {
                await body.CloseAsync(copy);
                await PadAsync(stream, body.Written, cancellationToken);
            }

            limit.AwaitAnswer(afterwards);
        }
        finally
        {
            upload.Sent();
            limit.BodyEnds();
        }
    }

    private async Task PadAsync(Stream stream, long written, CancellationToken cancellationToken)
    {
        long missing = (Inner.Headers.ContentLength ?? 0) - written;
        if (missing > MostPadding)
        {
            throw new IOException("The app has answered before it took the body, of which too much is missing for the answer to be read.");
        }

        for (; missing > 0; missing -= Padding.Bytes.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await stream.WriteAsync(Padding.Bytes.AsMemory(0, (int)Math.Min(missing, Padding.Bytes.Length)), cancellationToken);
        }
    }

    /// <summary>Large, so that few writes are needed, and made when the first is. Its pages are never touched, so it takes no memory.</summary>
    private static class Padding
    {
        public static readonly byte[] Bytes = new byte[16 * 1024 * 1024];
    }
}

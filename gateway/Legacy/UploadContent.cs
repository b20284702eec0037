using System.Net;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// A request's body that ends where the app has answered before it took all of it. What is missing is made up to .NET, which reads the
/// answer only then; nothing of that reaches the app.
/// </summary>
internal sealed class UploadContent(HttpContent inner, Upload upload, TimeLimit limit, TimeSpan? idle, TimeSpan afterwards) : PassingContent(inner)
{
    private static readonly byte[] _nothing = new byte[64 * 1024];

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
                await MakeUpAsync(stream, body.Written, cancellationToken);
            }

            limit.AwaitAnswer(afterwards);
        }
        finally
        {
            upload.Sent();
            limit.BodyEnds();
        }
    }

    private async Task MakeUpAsync(Stream stream, long written, CancellationToken cancellationToken)
    {
        for (long missing = (Inner.Headers.ContentLength ?? 0) - written; missing > 0; missing -= _nothing.Length)
        {
            await stream.WriteAsync(_nothing.AsMemory(0, (int)Math.Min(missing, _nothing.Length)), cancellationToken);
        }
    }
}

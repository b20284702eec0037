using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>Where the client's bytes are copied to; counts them, and takes no more once the upload has been stopped.</summary>
internal sealed class UploadStream(Stream inner, Upload upload) : PassingStream(inner)
{
    private const int Idle = 0;
    private const int Writing = 1;
    private const int Closed = 2;

    private int _state;

    public long Written { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Interlocked.CompareExchange(ref _state, Writing, Idle) != Idle)
        {
            throw NotWanted();
        }

        try
        {
            await Inner.WriteAsync(buffer, cancellationToken);
            Written += buffer.Length;
        }
        finally
        {
            Volatile.Write(ref _state, Idle);
        }

        if (upload.IsStopped)
        {
            throw NotWanted();
        }
    }

    /// <summary>Takes nothing more from now on. A write that is under way ends first, and with it the copy: the next is refused.</summary>
    public async Task CloseAsync(Task copy)
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Idle) == Writing)
        {
            await copy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>To YARP, which copies: a failure of the app's side.</summary>
    private static IOException NotWanted() => new("The app has answered before it took the whole body.");
}

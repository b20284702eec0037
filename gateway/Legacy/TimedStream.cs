namespace Gateway.Legacy;

/// <summary>
/// Passes bytes through; a read or write that takes longer than the time ends in a <see cref="TimeoutException"/>. Waits on the
/// limit's token, which is linked to the one that the proxy passes to every call.
/// </summary>
internal sealed class TimedStream(Stream inner, TimeLimit limit, TimeSpan? idle) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = inner.ReadAsync(buffer, limit.Token);
        if (read.IsCompletedSuccessfully)
        {
            return await read;
        }

        limit.Arm(idle);
        try
        {
            return await read;
        }
        catch (OperationCanceledException) when (limit.IsPassed)
        {
            throw Passed();
        }
        finally
        {
            limit.Disarm();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        limit.Arm(idle);
        try
        {
            await inner.WriteAsync(buffer, limit.Token);
            // Else .NET keeps what is smaller than its buffer until more comes, and a piece of a slow upload waits for the next.
            await inner.FlushAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsPassed)
        {
            throw Passed();
        }
        finally
        {
            limit.Disarm();
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(limit.Token);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static TimeoutException Passed() => new("The app was silent for too long.");
}

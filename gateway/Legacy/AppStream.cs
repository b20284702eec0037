using System.Runtime.CompilerServices;

namespace Gateway.Legacy;

/// <summary>
/// An HTTP/1.1 connection's bytes, above TLS: sees where a request and where its answer begins. .NET tells a connection that was stale
/// from one that failed only where it was closed, and not where it was reset.
/// </summary>
internal sealed class AppStream(Stream inner) : PassingStream(inner)
{
    private int _requests;
    private bool _switched;
    private volatile bool _isUnanswered;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = Inner.ReadAsync(buffer, cancellationToken);
        // Nothing asked for is nothing read: so .NET waits for an idle connection's first byte.
        return buffer.IsEmpty ? read : SeeAsync(read, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isUnanswered && !_switched)
        {
            // .NET does not pipeline: what is written after an answer is the next request.
            _requests++;
            _isUnanswered = true;
        }

        ValueTask write = Inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : SeeAsync(write);
    }

    // One for each read of the proxy: the state is taken from a pool.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SeeAsync(ValueTask<int> read, ReadOnlyMemory<byte> buffer)
    {
        int count;
        try
        {
            count = await read;
        }
        catch (IOException failed) when (_isUnanswered)
        {
            throw new NoAnswerException(_requests > 1, failed);
        }

        if (_isUnanswered)
        {
            if (count == 0)
            {
                throw new NoAnswerException(_requests > 1, reason: null);
            }

            _isUnanswered = false;
            _switched = buffer.Span[..count].StartsWith("HTTP/1.1 101"u8);
        }

        return count;
    }

    private async ValueTask SeeAsync(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (IOException failed) when (_isUnanswered)
        {
            throw new NoAnswerException(_requests > 1, failed);
        }
    }
}

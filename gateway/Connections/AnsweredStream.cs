using System.Runtime.CompilerServices;

namespace Gateway.Connections;

/// <summary>
/// An HTTP/1.1 connection's bytes, above TLS: an end before the answer began is an exception of its own. .NET would send a request without content
/// again by itself, on new connections too, and tells a stale connection from one that failed only where it was closed, and not where it was reset.
/// </summary>
internal sealed class AnsweredStream(Stream inner) : PassingStream(inner)
{
    private int _requests;
    private volatile bool _isUnanswered;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = Inner.ReadAsync(buffer, cancellationToken);
        // Nothing asked for is nothing read: so .NET waits for an idle connection's first byte.
        return buffer.IsEmpty ? read : SeeAsync(read);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isUnanswered)
        {
            // .NET does not pipeline: what is written after an answer is the next request.
            _requests++;
            _isUnanswered = true;
        }

        ValueTask write = Inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : SeeAsync(write);
    }

    // One for each read of an answer: the state is taken from a pool.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SeeAsync(ValueTask<int> read)
    {
        try
        {
            int count = await read;
            if (count == 0 && _isUnanswered)
            {
                throw NoAnswer(reason: null);
            }

            _isUnanswered = false;
            return count;
        }
        catch (IOException failed) when (_isUnanswered && failed is not NoAnswerException)
        {
            throw NoAnswer(failed);
        }
    }

    private async ValueTask SeeAsync(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (IOException failed) when (_isUnanswered)
        {
            throw NoAnswer(failed);
        }
    }

    private NoAnswerException NoAnswer(IOException? reason) => new(_requests > 1, reason);
}

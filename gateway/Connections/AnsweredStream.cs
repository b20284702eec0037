using System.Runtime.CompilerServices;

namespace Gateway.Connections;

/// <summary>
/// An HTTP/1.1 connection's bytes, above TLS: an end before the answer began is an exception of its own. .NET would send a request without content
/// again by itself, on new connections too, and tells a stale connection from one that failed only where it was closed, and not where it was reset.
/// </summary>
internal class AnsweredStream(Stream inner) : PassingStream(inner)
{
    private int _requests;
    private volatile bool _isUnanswered;

    /// <summary>A request was written, and no byte of its answer has come.</summary>
    protected bool IsUnanswered => _isUnanswered;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = Inner.ReadAsync(buffer, cancellationToken);
        // Nothing asked for is nothing read: so .NET waits for an idle connection's first byte.
        return buffer.IsEmpty ? read : SeeAsync(read, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // .NET does not pipeline: what is written after an answer is the next request.
        if (!_isUnanswered)
        {
            BeginRequest();
        }

        return PassOnAsync(buffer, cancellationToken);
    }

    protected void BeginRequest()
    {
        _requests++;
        _isUnanswered = true;
    }

    /// <summary>Writes a part of a request that has begun.</summary>
    protected ValueTask PassOnAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        ValueTask write = Inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : SeeAsync(write);
    }

    // One for each read of an answer: the state is taken from a pool.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected async ValueTask<int> SeeAsync(ValueTask<int> read, Memory<byte> buffer)
    {
        try
        {
            int count = await read;
            if (count == 0 && _isUnanswered)
            {
                throw NoAnswer(reason: null);
            }

            _isUnanswered = false;
            return await TakeAsync(buffer, count);
        }
        catch (IOException failed)
        {
            ReadFailed();
            if (_isUnanswered && failed is not NoAnswerException)
            {
                throw NoAnswer(failed);
            }

            throw;
        }
    }

    /// <summary>Bytes of an answer have come; gives back how many are handed on.</summary>
    protected virtual ValueTask<int> TakeAsync(Memory<byte> buffer, int count) => ValueTask.FromResult(count);

    /// <summary>The connection has ended, or what came over it cannot be taken.</summary>
    protected virtual void ReadFailed()
    {
    }

    protected NoAnswerException NoAnswer(IOException? reason) => new(_requests > 1, reason);

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
}

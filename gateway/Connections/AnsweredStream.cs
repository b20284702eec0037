namespace Gateway.Connections;

/// <summary>
/// An HTTP/1.1 connection's bytes, above TLS: an end before the answer began is an exception of its own. .NET would send a request without content again by
/// itself, on new connections too, and tells a stale connection from one that failed only where it was closed, and not where it was reset.
/// </summary>
internal sealed class AnsweredStream(Stream inner) : PassingStream(inner)
{
    private int _requests;
    private volatile bool _isUnanswered;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await Inner.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException failed) when (_isUnanswered)
        {
            throw NoAnswer(failed);
        }

        // Nothing asked for is nothing read: so .NET waits for an idle connection's first byte.
        if (_isUnanswered && !buffer.IsEmpty)
        {
            _isUnanswered = count > 0 ? false : throw NoAnswer(reason: null);
        }

        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isUnanswered)
        {
            // .NET does not pipeline: what is written after an answer is the next request.
            _requests++;
            _isUnanswered = true;
        }

        try
        {
            await Inner.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException failed) when (_isUnanswered)
        {
            throw NoAnswer(failed);
        }
    }

    private NoAnswerException NoAnswer(IOException? reason) => new(_requests > 1, reason);
}

using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// Passes bytes through; a read or write that takes longer than the time ends in a <see cref="TimeoutException"/>. Waits on the
/// limit's token, which is linked to the one that the proxy passes to every call. An upload is told how its answer ends.
/// </summary>
internal sealed class TimedStream(Stream inner, TimeLimit limit, TimeSpan? idle, Upload? answered = null) : PassingStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = Inner.ReadAsync(buffer, limit.Token);
        if (read.IsCompletedSuccessfully)
        {
            return See(await read, buffer);
        }

        limit.Arm(Direction.FromServer, idle);
        try
        {
            return See(await read, buffer);
        }
        catch (OperationCanceledException) when (limit.IsPassed)
        {
            throw Passed();
        }
        catch (IOException) when (answered is not null)
        {
            answered.AnswerBroke();
            throw;
        }
        finally
        {
            limit.Disarm(Direction.FromServer);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        limit.Arm(Direction.ToServer, idle);
        try
        {
            await Inner.WriteAsync(buffer, limit.Token);
            // Else .NET keeps what is smaller than its buffer until more comes, and a piece of a slow upload waits for the next.
            await Inner.FlushAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsPassed)
        {
            throw Passed();
        }
        finally
        {
            limit.Disarm(Direction.ToServer);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(limit.Token);

    /// <summary>Ends the exchange: YARP disposes the stream of an answer, and not the answer.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            limit.Dispose();
        }
    }

    private int See(int count, ReadOnlyMemory<byte> buffer)
    {
        if (count == 0 && !buffer.IsEmpty)
        {
            answered?.AnswerRead();
        }

        return count;
    }

    private TimeoutException Passed() => new(limit.IsTotalPassed ? "The TotalTimeout has passed." : "The app was silent for too long.");
}

namespace Gateway.Legacy;

/// <summary>
/// Looks at the first bytes of an answer while its request's body is being sent, holds them back until that is over, and, where the body
/// was not sent whole, or may not be, tells .NET that the connection ends with this answer: the app may still wait for the rest, and would
/// take the next request for it.
/// </summary>
internal sealed class UploadWatch(Upload upload)
{
    private const int Room = 4096;

    private Memory<byte> _room;
    private Task<int>? _early;
    private ReadOnlyMemory<byte> _rest;

    public Upload Upload => upload;

    /// <summary>Whether the head of the answer is still to come.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Whether bytes were read, or are being read, that .NET has not asked for.</summary>
    public bool HasBytes => _early is not null || !_rest.IsEmpty;

    private static ReadOnlySpan<byte> Close => "Connection: close\r\n"u8;

    /// <summary>Reads before .NET does: on a new connection it waits for nothing while it writes.</summary>
    public void ReadAhead(Func<Memory<byte>, ValueTask<int>> read)
    {
        _room = new byte[Room];
        _early = read(_room).AsTask();
    }

    /// <summary>What was read ahead, or is held back.</summary>
    public async ValueTask<int> TakeAsync(Memory<byte> buffer)
    {
        if (_early is { } early)
        {
            int count = await early;
            _early = null;
            _rest = (byte[])[.. _room.Span[..count], .. _rest.Span];
        }

        int taken = Math.Min(buffer.Length, _rest.Length);
        _rest[..taken].CopyTo(buffer);
        _rest = _rest[taken..];
        return taken;
    }

    /// <summary>Goes on with an answer of which so many bytes were read, with more where they are needed; gives back how many of them .NET is to see.</summary>
    public async ValueTask<int> HoldAsync(Memory<byte> buffer, int count, Func<Memory<byte>, ValueTask<int>> read)
    {
        AnswerStart start = AnswerStart.Of(buffer.Span[..count]);
        while (start.Status == 0 && (start.IsPartial ? count < buffer.Length : !upload.WaitsFor100))
        {
            // Interim answers that nobody waits for are passed over.
            int from = start.IsPartial ? count : 0;
            int more = await read(buffer[from..]);
            if (more == 0)
            {
                upload.AnswerFailed();
                return from;
            }

            count = from + more;
            start = AnswerStart.Of(buffer.Span[..count]);
        }

        if (start.Status == 0)
        {
            // What comes next would be taken for the beginning of a head that it is in the middle of.
            return start.IsPartial ? throw new UnsoundAnswerException("The head of an interim answer is too long.") : count;
        }

        IsOpen = false;
        if (upload.AnswerBegan(start.Status))
        {
            await upload.Over;
        }

        // Where .NET waited for a 100 it sends the body only now, beside the reading of this answer, and may yet be stopped.
        bool mayBeCut = upload.IsStopped || (upload.WaitsFor100 && !upload.Over.IsCompleted);
        if (!mayBeCut || start.LineEnd == 0)
        {
            return count;
        }

        _rest = (byte[])[.. Close, .. buffer.Span[start.LineEnd..count]];
        return start.LineEnd;
    }
}

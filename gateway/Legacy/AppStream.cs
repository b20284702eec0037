using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// An HTTP/1.1 connection to the app: sees how an answer is framed, and reads one that comes before the whole body was sent, which .NET does not.
/// </summary>
// In one file, for all of it is about the state of one connection: a step aside would have to be told all of that.
internal sealed class AppStream(Stream inner) : AnsweredStream(inner)
{
    private readonly AnswerHead _head = new();
    private bool _isSpent;
    private volatile bool _isReading;
    private volatile UploadWatch? _watch;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_watch is { HasBytes: true } watch)
        {
            return watch.TakeAsync(buffer);
        }

        if (_isSpent)
        {
            // To .NET, which has had its whole answer: the connection has ended.
            return ValueTask.FromResult(0);
        }

        _isReading = true;
        return base.ReadAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var upload = Upload.Current;
        // .NET does not pipeline: what is written after an answer is the next request.
        if (upload is null ? !IsUnanswered && !_head.IsSwitch : !ReferenceEquals(upload, _watch?.Upload))
        {
            Begin(upload);
        }

        return upload is null ? PassOnAsync(buffer, cancellationToken) : SendAsync(buffer, upload);
    }

    protected override ValueTask<int> TakeAsync(Memory<byte> buffer, int count)
    {
        _isReading = false;
        SeeHead(buffer.Span[..count]);
        return _watch is { IsOpen: true } watch ? watch.HoldAsync(buffer, count, ReadMoreAsync) : ValueTask.FromResult(count);
    }

    protected override void ReadFailed() => _watch?.Upload.AnswerFailed();

    private void Begin(Upload? upload)
    {
        if (_watch is { Upload.IsStopped: true })
        {
            // The app may still wait for the rest of a body, and would take what is written for it.
            throw new NoAnswerException(wasReused: true, reason: null);
        }

        BeginRequest();
        _head.Reset();
        _watch = upload is null ? null : new UploadWatch(upload);
        if (_watch is { } watch && !_isReading && !upload!.WaitsFor100)
        {
            watch.ReadAhead(buffer => SeeAsync(Inner.ReadAsync(buffer), buffer));
        }
    }

    private async ValueTask<int> ReadMoreAsync(Memory<byte> buffer)
    {
        int count = await Inner.ReadAsync(buffer);
        SeeHead(buffer.Span[..count]);
        return count;
    }

    private void SeeHead(ReadOnlySpan<byte> bytes)
    {
        if (_head.IsOver)
        {
            return;
        }

        _head.Take(bytes);
        if (_head.IsUnsound)
        {
            // So .NET ends the connection: where the next answer begins is not known.
            throw new UnsoundAnswerException("The framing of the answer is not HTTP.");
        }

        _isSpent = _head.IsOver && _head.AnnouncesTooMuch;
    }

    /// <summary>Sends a part of a body, and nothing where it is no longer wanted: the app may have closed its side, or read no more.</summary>
    private async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, Upload upload)
    {
        if (upload.IsStopped)
        {
            return;
        }

        upload.Offer(isTaken: false);
        try
        {
            await Inner.WriteAsync(buffer, upload.Stopped);
            upload.Offer(isTaken: true);
        }
        catch (OperationCanceledException) when (upload.IsStopped)
        {
            // The app has answered, and takes no more.
        }
        catch (IOException failed)
        {
            // It may have answered before it ended the connection.
            if (!await upload.IsAnsweredAsync())
            {
                throw IsUnanswered ? NoAnswer(failed) : failed;
            }

            upload.Stop();
        }
    }
}

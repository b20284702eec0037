using System.Runtime.CompilerServices;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// An HTTP/1.1 connection's bytes, above TLS: sees where a request and where its answer begins, and how that is framed. .NET tells a connection that was stale
/// from one that failed only where it was closed, and not where it was reset; and it reads no answer before it has sent the whole body.
/// </summary>
// In one file, for all of it is about the state of one connection: a step aside would have to be told all of that.
internal sealed class AppStream(Stream inner) : PassingStream(inner)
{
    private readonly AnswerHead _head = new();
    private int _requests;
    private bool _isSpent;
    private volatile bool _isReading;
    private volatile bool _isUnanswered;
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
        ValueTask<int> read = Inner.ReadAsync(buffer, cancellationToken);
        // Nothing asked for is nothing read: so .NET waits for an idle connection's first byte.
        return buffer.IsEmpty ? read : SeeAsync(read, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var upload = Upload.Current;
        // .NET does not pipeline: what is written after an answer is the next request.
        if (upload is null ? !_isUnanswered && !_head.IsSwitch : !ReferenceEquals(upload, _watch?.Upload))
        {
            Begin(upload);
        }

        if (upload is not null)
        {
            return SendAsync(buffer, upload);
        }

        ValueTask write = Inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : SeeAsync(write);
    }

    private void Begin(Upload? upload)
    {
        if (_watch is { Upload.IsStopped: true })
        {
            // The app may still wait for the rest of a body, and would take what is written for it.
            throw new NoAnswerException(wasReused: true, reason: null);
        }

        _requests++;
        _isUnanswered = true;
        _head.Reset();
        _watch = upload is null ? null : new UploadWatch(upload);
        if (_watch is { } watch && !_isReading && !upload!.WaitsFor100)
        {
            watch.ReadAhead(buffer => SeeAsync(Inner.ReadAsync(buffer), buffer));
        }
    }

    // One for each read of the proxy: the state is taken from a pool.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> SeeAsync(ValueTask<int> read, Memory<byte> buffer)
    {
        int count;
        try
        {
            count = await read;
            if (count == 0 && _isUnanswered)
            {
                throw NoAnswer(reason: null);
            }

            _isReading = false;
            _isUnanswered = false;
            SeeHead(buffer.Span[..count]);

            return _watch is { IsOpen: true } watch ? await watch.HoldAsync(buffer, count, ReadMoreAsync) : count;
        }
        catch (IOException failed)
        {
            _watch?.Upload.AnswerFailed();
            if (_isUnanswered && failed is not NoAnswerException)
            {
                throw NoAnswer(failed);
            }

            throw;
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
                throw _isUnanswered ? NoAnswer(failed) : failed;
            }

            upload.Stop();
        }
    }

    private NoAnswerException NoAnswer(IOException? reason) => new(_requests > 1, reason);
}

using System.Buffers;
using System.IO.Pipelines;
using Gateway.Connections;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Legacy;

/// <summary>
/// The client's body as a stream of which a pending read can be ended. Over HTTP/1.1 Kestrel takes a read that is cancelled by its token for one
/// that goes on, and then cannot drain the connection: there such a token ends the read as <see cref="EndRead"/> does.
/// </summary>
internal sealed class ClientBody(PipeReader reader, bool isHttp1) : PassingStream(Null)
{
    /// <summary>The client broke off within it, over HTTP/1.1. To Kestrel that read goes on for ever, so the connection can only be ended.</summary>
    public bool IsBroken { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration ending = isHttp1
            ? cancellationToken.UnsafeRegister(static body => ((ClientBody)body!).EndRead(), this)
            : default;
        ReadResult read;
        try
        {
            read = await reader.ReadAsync(isHttp1 ? CancellationToken.None : cancellationToken);
        }
        catch (ConnectionResetException) when (isHttp1)
        {
            IsBroken = true;
            throw;
        }

        ReadOnlySequence<byte> taken = read.Buffer.Slice(0, Math.Min(buffer.Length, read.Buffer.Length));
        taken.CopyTo(buffer.Span);
        int count = (int)taken.Length;
        reader.AdvanceTo(taken.End);
        return count == 0 && read.IsCanceled ? throw new OperationCanceledException("No more of the body is wanted.", cancellationToken) : count;
    }

    /// <summary>Ends the read that is pending, or the next.</summary>
    public void EndRead() => reader.CancelPendingRead();
}

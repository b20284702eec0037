using System.Buffers;
using System.IO.Pipelines;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// The client's body as a stream of which a pending read can be ended. Kestrel's own takes a read that is cancelled for one that goes
/// on, and then cannot drain the connection.
/// </summary>
internal sealed class ClientBody(PipeReader reader) : PassingStream(Null)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult read = await reader.ReadAsync(cancellationToken);
        ReadOnlySequence<byte> taken = read.Buffer.Slice(0, Math.Min(buffer.Length, read.Buffer.Length));
        taken.CopyTo(buffer.Span);
        int count = (int)taken.Length;
        reader.AdvanceTo(taken.End);
        return count == 0 && read.IsCanceled ? throw new OperationCanceledException("No more of the body is wanted.") : count;
    }

    /// <summary>Ends the read that is pending, or the next.</summary>
    public void EndRead() => reader.CancelPendingRead();
}

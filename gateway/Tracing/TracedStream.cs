using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Tracing;

/// <summary>
/// A connection's bytes; sees under which request each write happens. A <see cref="NetworkStream"/>, since .NET reads
/// <c>network.peer.address</c> from nothing else.
/// </summary>
internal sealed class TracedStream(Socket socket, ConnectionIdentity identity, Action closed) : NetworkStream(socket, ownsSocket: true)
{
    private Activity? _last;
    private int _disposed;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        SeeWriter();
        return base.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        SeeWriter();
        return base.WriteAsync(buffer, offset, count, cancellationToken);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        SeeWriter();
        base.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        SeeWriter();
        base.Write(buffer, offset, count);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            closed();
        }
    }

    private void SeeWriter()
    {
        // Handshakes are written under other activities, and what an HTTP/2 connection writes says nothing of whose it is.
        Activity? current = Activity.Current;
        if (!identity.IsHttp2 && current is not null && !ReferenceEquals(current, _last) && current.OperationName == Sources.HttpRequestOut)
        {
            _last = current;
            identity.Carry(current);
        }
    }
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Whole messages of HTTP/1.1, as they are on the wire; without a length they have no body.</summary>
internal sealed class HttpBytes(Socket socket, CancellationToken stop) : IDisposable
{
    private readonly byte[] _buffer = new byte[65536];
    private int _filled;

    /// <summary>The next message; null where the other side closes before it.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync())
            {
                return _filled == 0 ? null : throw new IOException("The other side left within a message.");
            }
        }

        int length = end + 4 + int.Parse(Field(_buffer[..(end + 4)], "Content-Length") ?? "0", CultureInfo.InvariantCulture);
        while (_filled < length)
        {
            if (!await FillAsync())
            {
                throw new IOException("The other side left within a body.");
            }
        }

        byte[] message = _buffer[..length];
        _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
        _filled -= length;
        return message;
    }

    public async Task WriteAsync(byte[] message)
    {
        for (int sent = 0; sent < message.Length;)
        {
            sent += await socket.SendAsync(message.AsMemory(sent), stop);
        }
    }

    /// <summary>The value of a field of the message; null where it is not there.</summary>
    public static string? Field(byte[] message, string name) =>
        Encoding.Latin1.GetString(message).Split("\r\n\r\n")[0].Split("\r\n").Skip(1)
            .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    public void Dispose() => socket.Dispose();

    private async Task<bool> FillAsync()
    {
        int read = await socket.ReceiveAsync(_buffer.AsMemory(_filled), stop);
        _filled += read;
        return read > 0;
    }
}

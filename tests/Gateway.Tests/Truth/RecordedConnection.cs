using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tests.Truth;

/// <summary>One accepted connection over HTTP/1.1, in the hands of a script.</summary>
internal sealed class RecordedConnection(Socket socket, Stream stream, List<int> record, CancellationToken stop)
{
    private readonly byte[] _buffer = new byte[8192];
    private int _filled;

    /// <summary>The run is over.</summary>
    public CancellationToken Stop => stop;

    /// <summary>The WebSocket's key where the last request asks for one.</summary>
    public string? Key { get; private set; }

    /// <summary>The number of the next request, written down as soon as its head has arrived; null where the client closed.</summary>
    public async Task<int?> ReadRequestAsync()
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await FillAsync() == 0)
            {
                return null;
            }
        }

        string head = Encoding.Latin1.GetString(_buffer, 0, end + 2);
        int number = MoodyBackend.NumberIn(head.Split(' ', 3)[1]);
        record.Add(number);
        Key = Field(head, "Sec-WebSocket-Key");
        await SkipAsync(end + 4 + int.Parse(Field(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture));
        return number;
    }

    public async Task SendAsync(string bytes)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), stop);
        await stream.FlushAsync(stop);
    }

    /// <summary>Agrees to the WebSocket that the last request asks for.</summary>
    public async Task<WebSocket> UpgradeAsync()
    {
        // RFC 6455 §4.2.2; the algorithm is the protocol's, and no secret depends on it.
#pragma warning disable CA5350
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.Latin1.GetBytes(Key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await SendAsync($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
    }

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private static string? Field(string head, string name)
    {
        int at = head.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        int value = at + name.Length + 3;
        return head[value..head.IndexOf("\r\n", value, StringComparison.Ordinal)].Trim();
    }

    private async Task<int> FillAsync()
    {
        int read = await stream.ReadAsync(_buffer.AsMemory(_filled), stop);
        _filled += read;
        return read;
    }

    private async Task SkipAsync(int length)
    {
        while (_filled < length)
        {
            if (await FillAsync() == 0)
            {
                throw new IOException("The client left within a body.");
            }
        }

        _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
        _filled -= length;
    }
}

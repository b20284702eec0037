using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Hosting;

/// <summary>
/// A client on a bare socket, which sends exactly what it is told and takes an answer for whole only where it is. Bytes are Latin-1,
/// so that every byte is one character. Waits at most 20 s.
/// </summary>
public sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(20));

    private RawClient(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket, ownsSocket: true));

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        return new RawClient(socket);
    }

    /// <summary>One request on a connection of its own, and its answer.</summary>
    public static async Task<RawAnswer> ExchangeAsync(Uri address, string request)
    {
        using RawClient client = await ConnectAsync(address);
        await client.SendAsync(request);
        return await client.ReadAnswerAsync(request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    public Task SendAsync(string bytes) => SendAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, _patience.Token);

    /// <summary>Sends as much as the server takes: it may refuse and close before it has read all.</summary>
    public async Task TrySendAsync(string bytes)
    {
        try
        {
            await SendAsync(bytes);
        }
        catch (IOException)
        {
            // What the server said before it closed is read all the same.
        }
    }

    /// <summary>The final answer; interim ones are passed over.</summary>
    public async Task<RawAnswer> ReadAnswerAsync(bool toHead = false)
    {
        RawAnswer answer;
        do
        {
            string head = await ReadUntilAsync("\r\n\r\n");
            answer = new RawAnswer(head, "", head.EndsWith("\r\n\r\n", StringComparison.Ordinal));
        }
        while (answer is { IsWhole: true, Status: 100 or 103 });
        if (!answer.IsWhole || toHead || answer.Status is 101 or 204 or 304)
        {
            return answer;
        }

        if (answer.Field("Transfer-Encoding") is not null)
        {
            return await ReadChunksAsync(answer);
        }

        if (answer.Field("Content-Length") is not { } announced)
        {
            return answer with { Body = await ReadUntilClosedAsync() };
        }

        int length = int.Parse(announced, CultureInfo.InvariantCulture);
        string body = await ReadAsync(length);
        return answer with { Body = body, IsWhole = body.Length == length };
    }

    /// <summary>What came until <paramref name="end"/>, which is included, or until the connection ended.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            string next = await ReadAsync(1);
            if (next.Length == 0)
            {
                break;
            }

            text.Append(next);
        }

        return text.ToString();
    }

    /// <summary>Whether the server ended the connection, and sent nothing more before it did.</summary>
    public async Task<bool> IsClosedAsync() => (await ReadAsync(1)).Length == 0;

    /// <summary>Says that nothing more will come, and goes on reading.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves with RST, as a client that was killed does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _patience.Dispose();
    }

    private async Task<RawAnswer> ReadChunksAsync(RawAnswer answer)
    {
        var body = new StringBuilder();
        while (true)
        {
            string line = await ReadUntilAsync("\r\n");
            if (!int.TryParse(line.TrimEnd(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int size))
            {
                return answer with { Body = body.ToString(), IsWhole = false };
            }

            string chunk = await ReadAsync(size + 2);
            if (chunk.Length < size + 2)
            {
                return answer with { Body = body.Append(chunk).ToString(), IsWhole = false };
            }

            if (size == 0)
            {
                return answer with { Body = body.ToString() };
            }

            body.Append(chunk.AsSpan(0, size));
        }
    }

    private async Task<string> ReadUntilClosedAsync()
    {
        var text = new StringBuilder();
        while (await ReadAsync(4096) is { Length: > 0 } part)
        {
            text.Append(part);
        }

        return text.ToString();
    }

    private async Task<string> ReadAsync(int count)
    {
        var bytes = new byte[count];
        int read = 0;
        try
        {
            while (read < count && await _stream.ReadAsync(bytes.AsMemory(read), _patience.Token) is > 0 and int more)
            {
                read += more;
            }
        }
        catch (IOException)
        {
            // A reset: what came before it is what there is.
        }

        return Encoding.Latin1.GetString(bytes.AsSpan(0, read));
    }
}

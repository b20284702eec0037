using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Hosting;

/// <summary>What the server read: the head as it came, and the body without its framing.</summary>
public sealed record ScriptedRequest(string Head, byte[] Body)
{
    public string Target => Head.Split(' ')[1];

    public string Method => Head.Split(' ')[0];

    /// <summary>The field's value, several joined by a comma; null where there is none.</summary>
    public string? Field(string name)
    {
        string[] values =
        [
            .. Head.Split("\r\n").Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
                .Select(line => line[(name.Length + 1)..].Trim()),
        ];
        return values.Length == 0 ? null : string.Join(", ", values);
    }
}

/// <summary>One accepted connection in the hands of a script. Bytes are Latin-1, so that every byte is one character.</summary>
public sealed class ScriptedConnection(Socket socket, CancellationToken stop) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly TaskCompletionSource _clientLeft = new();

    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    /// <summary>Ends when a read has met the end of the connection, or its reset.</summary>
    public Task ClientLeft => _clientLeft.Task;

    /// <summary>The next request with its body, of a length or in chunks; null where the client closed.</summary>
    public async Task<ScriptedRequest?> ReadRequestAsync()
    {
        if (await ReadHeadAsync() is not { } head)
        {
            return null;
        }

        var request = new ScriptedRequest(head, []);
        byte[] body = request.Field("Transfer-Encoding") is not null
            ? await ReadChunksAsync()
            : await ReadLengthAsync(int.Parse(request.Field("Content-Length") ?? "0", CultureInfo.InvariantCulture));
        request = request with { Body = body };
        _requests.Enqueue(request);
        return request;
    }

    /// <summary>The head of the next request and nothing of its body; null where the client closed.</summary>
    public async Task<string?> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await ReadAsync(1) is not [byte next])
            {
                return null;
            }

            head.Append((char)next);
        }

        return head.ToString();
    }

    /// <summary>So many bytes; fewer where the client leaves before.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        int read = 0;
        try
        {
            read = await _stream.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false, stop);
        }
        catch (IOException)
        {
            // A reset: what came before it is what there is.
        }

        if (read < count)
        {
            _clientLeft.TrySetResult();
        }

        return bytes[..read];
    }

    public Task SendAsync(string bytes) => SendAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, stop);

    /// <summary>Holds the connection open, and silent, until the client leaves or the test is over; what the client sends is read meanwhile, byte by byte.</summary>
    public async Task StallAsync()
    {
        while ((await ReadAsync(1)).Length > 0)
        {
        }
    }

    /// <summary>Waits until the client has read all that was sent to it. Linux tells; elsewhere nobody waits.</summary>
    public Task IsReadAsync()
    {
        (int here, int there) = (((IPEndPoint)socket.LocalEndPoint!).Port, ((IPEndPoint)socket.RemoteEndPoint!).Port);
        return OperatingSystem.IsLinux()
            ? Eventually.Holds(() => HasEmptyQueue(here, there, "00000000:") && HasEmptyQueue(there, here, ":00000000"), "the client to read what was sent")
            : Task.CompletedTask;
    }

    /// <summary>Becomes a wire to another port, to which what was read already is sent first.</summary>
    public async Task PassOnAsync(ReadOnlyMemory<byte> read, int port)
    {
        using var other = new TcpClient();
        await other.ConnectAsync(IPAddress.Loopback, port, stop);
        await using NetworkStream there = other.GetStream();
        await there.WriteAsync(read, stop);
        await Task.WhenAny(_stream.CopyToAsync(there, stop), there.CopyToAsync(_stream, stop));
    }

    /// <summary>Waits until <paramref name="signal"/>, or the test is over.</summary>
    public Task WaitAsync(Task signal) => signal.WaitAsync(stop);

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Whether the end of a connection at the port <paramref name="from"/> has sent all, or read all: its queues are two numbers with a colon between.</summary>
    private static bool HasEmptyQueue(int from, int to, string empty) =>
        File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(end => end[1].EndsWith($":{from:X4}", StringComparison.Ordinal) && end[2].EndsWith($":{to:X4}", StringComparison.Ordinal)
                && end[4].Contains(empty, StringComparison.Ordinal));

    private async Task<byte[]> ReadLengthAsync(int length)
    {
        byte[] body = await ReadAsync(length);
        return body.Length == length ? body : throw new IOException("The client left within a body.");
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        List<byte> body = [];
        while (true)
        {
            var line = new StringBuilder();
            while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                line.Append(await ReadAsync(1) is [byte next] ? (char)next : throw new IOException("The client left within a chunked body."));
            }

            int size = int.Parse(line.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.AddRange(await ReadAsync(size));
            await ReadAsync(2);
            if (size == 0)
            {
                return [.. body];
            }
        }
    }
}

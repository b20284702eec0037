using System.IO.Compression;
using System.Text;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>
/// What a real node does not do on demand. <paramref name="Attempt"/> is how the attempt counts in the metrics, a status or a reason;
/// <paramref name="Outcome"/> the reason of the answer of our own, null where the node's is relayed.
/// </summary>
internal sealed record Fault(Func<ScriptedConnection, Task> Script, int Status, string? Outcome, string Attempt, bool IsSlow = false)
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + Answers.Product;
    private const string Broken = "cluster_broken";
    private const string TooSlow = "cluster_too_slow";

    public static IReadOnlyDictionary<string, Fault> All { get; } = new Dictionary<string, Fault>
    {
        ["black hole"] = Slow(static connection => connection.StallAsync()),
        ["slow headers"] = Slow(Begun("HTTP/1.1 200 OK\r\nX-Filling: ", drips: true)),
        ["slow body"] = Slow(Begun(Head + "Content-Length: 100000\r\n\r\n", drips: true)),
        ["stall in the head"] = Slow(Begun("HTTP/1.1 200 OK\r\nContent-Type: appli")),
        ["stall in the body"] = Slow(Begun(Head + "Content-Length: 100\r\n\r\n{\"name\":")),
        ["stall in a body in chunks"] = Slow(Begun(Head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")),
        ["nothing but 1xx"] = Slow(Begun("HTTP/1.1 103 Early Hints\r\n\r\n")),
        ["RST"] = new(ResetAsync, 502, Broken, "connection_ended"),
        ["end without an answer"] = new(static connection => connection.ReadRequestAsync(), 502, Broken, "connection_ended"),
        ["no HTTP"] = Sends("SSH-2.0-OpenSSH_9.9\r\n\r\n", 502, Broken, "broken"),
        ["429 with Retry-After"] = Sends(Answers.Json("{}", "429 Too Many Requests", Answers.Product + "Retry-After: 7\r\n"), 503, "cluster_busy", "429"),
        ["502"] = Sends(Answers.Json("{}", "502 Bad Gateway"), 502, Broken, "502"),
        ["503"] = Sends(Answers.Json("{}", "503 Service Unavailable"), 502, Broken, "503"),
        ["504"] = Sends(Answers.Json("{}", "504 Gateway Timeout"), 502, Broken, "504"),
        ["101"] = Sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 502, Broken, "broken"),
        ["HTML with 200"] = Sends(Answers.Of("<html>internal-detail</html>", "200 OK", "Content-Type: text/html\r\n"), 502, Broken, "200"),
        ["empty"] = Sends(Answers.Json(""), 502, Broken, "200"),
        ["cut JSON"] = Sends(Answers.Json("{\"name\":\"es01\","), 502, Broken, "200"),
        ["cut by the end of the connection"] = Sends(Head + "Content-Length: 100\r\nConnection: close\r\n\r\n{\"name\":\"es01\"}", 502, Broken, "broken"),
        ["a length beside chunks"] = Sends(
            Head + "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n17\r\n{\"name\":\"es01\"}poisoned\r\n0\r\n\r\n", 502, Broken, "broken"),
        ["wrong content type"] = Sends(Answers.Of(Answers.InfoJson, "200 OK", "Content-Type: text/plain\r\n" + Answers.Product), 502, Broken, "200"),
        ["500 MB announced"] = Sends(Head + "Content-Length: 524288000\r\n\r\n{", 502, Broken, "too_large"),
        ["500 MB sent"] = new(HugeAsync, 502, Broken, "too_large"),
        ["gzip bomb"] = Sends(Bomb(), 502, Broken, "200"),
        ["a million fields"] = Sends(Answers.Json(MillionFields()), 200, null, "200"),
        ["close after the answer"] = Sends(Answers.Of(Answers.InfoJson, "200 OK", $"Content-Type: application/json\r\nConnection: close\r\n{Answers.Product}"), 200, null, "200"),
        ["two answers"] = new(TwiceAsync, 200, null, "200"),
        ["1xx before the answer"] = Sends("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + Answers.Info, 200, null, "200"),
    };

    private static Fault Slow(Func<ScriptedConnection, Task> script) => new(script, 504, TooSlow, "too_slow", IsSlow: true);

    /// <summary>To each request; the connection ends where the answer says so.</summary>
    private static Fault Sends(string bytes, int status, string? outcome, string attempt) => new(
        async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(bytes);
                if (bytes.Contains("Connection: close", StringComparison.Ordinal))
                {
                    return;
                }
            }
        },
        status,
        outcome,
        attempt);

    private static Func<ScriptedConnection, Task> Begun(string answer, bool drips = false) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(answer);
        while (drips && !connection.ClientLeft.IsCompleted)
        {
            await connection.SendAsync(" ");
            await Task.Delay(20);
        }

        await connection.StallAsync();
    };

    private static async Task ResetAsync(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        connection.Reset();
    }

    private static async Task TwiceAsync(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(Answers.Info + Answers.Json("""{"name":"poison"}"""));
        await connection.StallAsync();
    }

    /// <summary>Ends with the exception that the gateway's leaving causes.</summary>
    private static async Task HugeAsync(ScriptedConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(Head + "Transfer-Encoding: chunked\r\n\r\n");
        for (int sent = 0; sent < 500; sent++)
        {
            await connection.SendAsync($"100000\r\n{new string(' ', 1 << 20)}\r\n");
        }
    }

    /// <summary>A hundred megabytes of blanks in a hundred kilobytes.</summary>
    private static string Bomb()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] blanks = Encoding.ASCII.GetBytes(new string(' ', 1 << 20));
            for (int i = 0; i < 100; i++)
            {
                gzip.Write(blanks);
            }
        }

        return Answers.Json(Encoding.Latin1.GetString(bytes.ToArray()), fields: Answers.Product + "Content-Encoding: gzip\r\n");
    }

    /// <summary>Less than the 10 MiB that are read at most.</summary>
    private static string MillionFields() => $"{{{string.Join(',', Enumerable.Range(0, 1_000_000).Select(static i => $"\"{i:x5}\":0"))}}}";
}

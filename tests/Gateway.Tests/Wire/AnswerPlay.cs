using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Wire;

/// <summary>Plays one answer of the app's through a gateway of its own, and asserts the five things.</summary>
internal static partial class AnswerPlay
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    public static async Task RunAsync(AnswerVector vector)
    {
        var seen = new TaskCompletionSource();
        await using var app = new ScriptedServer(connection => AnswerAsync(connection, vector, seen.Task));
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"), ("Logging:LogLevel:Gateway", "Debug"),
            ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Warning"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"{vector.Method} /a HTTP/1.1\r\nHost: h\r\n\r\n");
        RawAnswer answer = vector.IsCut ? await ReadCutAsync(vector, client, seen) : await client.ReadAnswerAsync(toHead: vector.Method == "HEAD");

        string? reason = ClientSaw(vector, answer);
        await ClientsConnectionAsync(vector, client);
        await AppSawAsync(vector, app, gateway);
        string[] counted = reason is null ? [] : [$"loopgate.failures{{error.type={reason}}}"];
        await Eventually.Holds(() => measured.Counted.Count >= counted.Length, "the failure to be counted");
        Assert.Equal(counted, measured.Counted);
        Assert.Equal(vector.Logs, gateway.Log.Select(static entry => $"{entry.Level} {entry.Id}"));
        JsonElement server = (await gateway.TracesAsync(2)).Select(static spans => new TraceOfOne(spans).Server).Last();
        Assert.Equal((reason, $"{answer.Status}"), (TraceOfOne.Attribute(server, "error.type"), TraceOfOne.Attribute(server, "http.response.status_code")));
    }

    private static async Task AnswerAsync(ScriptedConnection connection, AnswerVector vector, Task seen)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            if (request.Target == "/after")
            {
                await connection.SendAsync(Ok);
                continue;
            }

            await connection.SendAsync(vector.Sends);
            if (vector.IsCut)
            {
                await connection.WaitAsync(seen);
            }

            if (vector.Then == "resets")
            {
                connection.Reset();
            }

            if (vector.Then != "stays")
            {
                return;
            }
        }
    }

    /// <summary>The answer as far as it is to come, after which the app breaks it off; whole where it goes on to an end all the same.</summary>
    private static async Task<RawAnswer> ReadCutAsync(AnswerVector vector, RawClient client, TaskCompletionSource seen)
    {
        const string LastChunk = "0\r\n\r\n";
        string head = await client.ReadUntilAsync("\r\n\r\n");
        string body = vector.Gets[(vector.Gets.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.EndsWith(body, await client.ReadUntilAsync(body), StringComparison.Ordinal);
        seen.SetResult();
        string rest = await client.ReadUntilAsync(LastChunk);
        return new RawAnswer(head, body, rest.EndsWith(LastChunk, StringComparison.Ordinal));
    }

    /// <summary>The reason of a failure; null where the app's answer was passed on whole.</summary>
    private static string? ClientSaw(AnswerVector vector, RawAnswer answer)
    {
        Assert.Equal(vector.IsCut, !answer.IsWhole);
        if (OwnAnswer().Match(vector.Gets) is { Success: true } own)
        {
            Assert.Equal((own.Groups[1].Value, "application/problem+json"), ($"{answer.Status}", answer.Field("Content-Type")));
            return own.Groups[2].Value;
        }

        Assert.Equal(vector.Gets, DateField().Replace(answer.Head, "", 1) + answer.Body);
        return vector.IsCut ? "app_broken" : null;
    }

    private static async Task ClientsConnectionAsync(AnswerVector vector, RawClient client)
    {
        if (vector.Ends == "open")
        {
            await client.SendAsync("GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
            Assert.Equal((200, "ok"), await client.ReadAnswerAsync() is var answer ? (answer.Status, answer.Body) : default);
            return;
        }

        Assert.Equal("closed", vector.Ends);
        Assert.True(await client.IsClosedAsync());
    }

    private static async Task AppSawAsync(AnswerVector vector, ScriptedServer app, GatewayHost gateway)
    {
        if (vector.Ends == "closed")
        {
            Assert.Equal("ok", (await RawClient.ExchangeAsync(gateway.Address, "GET /after HTTP/1.1\r\nHost: h\r\n\r\n")).Body);
        }

        Assert.Equal(["/a", "/after"], app.Requests.Select(static request => request.Target));
        Assert.Equal(vector.IsKept ? 1 : 2, app.Connections.Count);
        if (!vector.IsKept && vector.Then == "stays")
        {
            await Eventually.Holds(() => app.Connections[0].ClientLeft.IsCompleted, "the app's connection to be ended");
        }
    }

    [GeneratedRegex(@"^(\d{3}) (\w+)$")]
    private static partial Regex OwnAnswer();

    [GeneratedRegex("^Date: .*\r\n", RegexOptions.Multiline)]
    private static partial Regex DateField();
}

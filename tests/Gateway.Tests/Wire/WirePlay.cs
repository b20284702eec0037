using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Wire;

/// <summary>Plays one entry of the catalogue against a gateway of its own, and asserts the five things.</summary>
internal static partial class WirePlay
{
    private const string After = "GET /after HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>What Kestrel refuses before there is a request: an answer without a body, and no trace.</summary>
    private static readonly string[] _kestrels = ["head_malformed", "head_too_slow", "head_too_large", "target_too_long", "version_unknown"];

    /// <summary>What the guard refuses; the rest is refused while a body is read.</summary>
    private static readonly string[] _bodies = ["request_malformed", "client_left"];

    public static async Task RunAsync(WireVector vector)
    {
        await using var app = new ScriptedServer(AnswerAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
        [
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"), ("Logging:LogLevel:Gateway", "Debug"),
            ("Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Debug"), ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Warning"),
            .. vector.Settings,
        ]);
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.TrySendAsync(vector.Send);
        foreach (string expected in vector.Answers)
        {
            await ClientSawAsync(expected, client, gateway);
        }

        await ClientsConnectionAsync(vector, client);
        await AppSawAsync(vector, app);
        string[] reasons = [.. vector.Answers.Select(ReasonOf).OfType<string>()];
        await Eventually.Holds(() => measured.Counted.Count >= reasons.Length, "what was refused to be counted");
        Assert.Equal(reasons.Select(static reason => $"loopgate.failures{{error.type={reason}}}"), measured.Counted);
        Logged(reasons, gateway);
    }

    private static async Task AnswerAsync(ScriptedConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{(request.Method == "HEAD" ? "" : "ok")}");
        }
    }

    private static async Task ClientSawAsync(string expected, RawClient client, GatewayHost gateway)
    {
        RawAnswer answer = await client.ReadAnswerAsync(toHead: expected == "200 head");
        Assert.True(answer.IsWhole, $"{expected} was expected, and there came '{answer.Head}{answer.Body}'");
        Assert.Equal(expected[..3], $"{answer.Status}");
        string? reason = ReasonOf(expected);
        Assert.Equal(expected == "405 method_refused" ? Allow : null, _kestrels.Contains(reason) ? null : answer.Field("Allow"));
        if (reason is null)
        {
            Assert.Equal(expected == "200 app" ? "ok" : "", answer.Body);
        }
        else if (_kestrels.Contains(reason))
        {
            Assert.Equal(("0", null), (answer.Field("Content-Length"), answer.Field("Content-Type")));
        }
        else
        {
            Assert.Equal("application/problem+json", answer.Field("Content-Type"));
            await IsTracedAsync(reason, answer.Body, gateway);
        }
    }

    private static async Task IsTracedAsync(string reason, string body, GatewayHost gateway)
    {
        using JsonDocument problem = JsonDocument.Parse(body);
        string? id = problem.RootElement.GetProperty("traceId").GetString();
        JsonElement[]? trace = null;
        await Eventually.Async(
            async () =>
            {
                trace = (await gateway.TracesAsync(1)).SingleOrDefault(spans => spans[0].GetProperty("traceId").GetString() == id);
                return trace is not null && new TraceOfOne(trace).Server.GetProperty("attributes").TryGetProperty("error.type", out _);
            },
            $"the trace {id}");
        Assert.Equal(reason, TraceOfOne.Attribute(new TraceOfOne(trace!).Server, "error.type"));
        Assert.Equal("gateway", TraceOfOne.Attribute(new TraceOfOne(trace!).Server, "loopgate.served_by"));
    }

    private static async Task ClientsConnectionAsync(WireVector vector, RawClient client)
    {
        if (vector.Ends == "open")
        {
            await client.SendAsync(After);
            Assert.Equal((200, "ok"), await client.ReadAnswerAsync() is var answer ? (answer.Status, answer.Body) : default);
            return;
        }

        Assert.Equal("closed", vector.Ends);
        Assert.True(await client.IsClosedAsync());
    }

    private static async Task AppSawAsync(WireVector vector, ScriptedServer app)
    {
        IEnumerable<string> arrives = vector.Arrives.Select(request => request.Replace("{app}", app.Address.Authority, StringComparison.Ordinal));
        string[] arrived = vector.Ends == "open" ? [.. arrives, After] : [.. arrives];
        Assert.Equal(arrived, app.Requests.Select(static request => WithoutOwnFields(request.Head) + Encoding.Latin1.GetString(request.Body)));
        if (vector.IsCut)
        {
            await Eventually.Holds(() => app.Connections.All(static connection => connection.ClientLeft.IsCompleted), "the app's connection to end");
        }
        else
        {
            Assert.All(app.Connections, static connection => Assert.False(connection.ClientLeft.IsCompleted, "The app's connection ended."));
            Assert.True(arrived.Length > 0 || app.Connections.Count == 0, "The app's connection was opened for nothing.");
        }
    }

    /// <summary>Nothing but what is refused, each a line for who looks for it.</summary>
    private static void Logged(string[] reasons, GatewayHost gateway)
    {
        ILookup<bool, string> lines = gateway.Log.ToLookup(
            static entry => entry.Category.EndsWith("BadRequests", StringComparison.Ordinal), static entry => $"{entry.Level} {entry.Id}");
        Assert.Equal(reasons.Where(static reason => !_kestrels.Contains(reason) && !_bodies.Contains(reason)).Select(static _ => "Debug 700"), lines[false]);
        // Whether a body's end is missed a second time, by Kestrel, depends on who reads it last.
        Assert.All(lines[true], static line => Assert.StartsWith("Debug ", line, StringComparison.Ordinal));
        Assert.InRange(lines[true].Count(), reasons.Count(_kestrels.Contains), reasons.Count(static reason => _kestrels.Contains(reason) || _bodies.Contains(reason)));
    }

    private static string? ReasonOf(string answer) => answer[4..] is "app" or "head" ? null : answer[4..];

    /// <summary>The head without what the gateway says of the client and of the trace; each is there once, unless the entry names it.</summary>
    private static string WithoutOwnFields(string head)
    {
        string host = HostField().Match(head).Groups[1].Value;
        string rest = TraceField().Replace(head, "", 1);
        foreach (string own in (string[])["X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", $"X-Forwarded-Host: {host}"])
        {
            int at = rest.IndexOf(own + "\r\n", StringComparison.Ordinal);
            rest = at < 0 ? rest : rest.Remove(at, own.Length + 2);
        }

        Assert.All(["X-Forwarded-For", "X-Forwarded-Proto", "traceparent"], name => Assert.Single(Regex.Matches(head, $"(?im)^{name}:")));
        return rest;
    }

    [GeneratedRegex("^Host: (.*?)\r$", RegexOptions.Multiline)]
    private static partial Regex HostField();

    [GeneratedRegex("^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n", RegexOptions.Multiline)]
    private static partial Regex TraceField();
}

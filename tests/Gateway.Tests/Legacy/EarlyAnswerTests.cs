using System.Globalization;
using System.Text;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>An app that answers before it has taken the whole body: its answer reaches the client, and its connection carries nothing more.</summary>
public sealed class EarlyAnswerTests
{
    private const int Megabyte = 1 << 20;
    private const int Huge = 64 * Megabyte;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string TooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge";

    public static MatrixTheoryData<string, bool, bool, bool> Refusals() => new(
        [
            TooLarge,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 413 Content Too Large\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlarge\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        ],
        [true, false], [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task The_answer_reaches_a_client_that_is_still_sending(string answer, bool isChunked, bool isReused, bool isOperators)
    {
        var seenByClient = new TaskCompletionSource();
        var taken = new TaskCompletionSource<int>();
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadHeadAsync() is { } head && !head.StartsWith("POST", StringComparison.Ordinal))
            {
                await connection.SendAsync(Ok);
            }

            // Takes nothing of the body, and waits on as a server does that means to keep the connection.
            await connection.SendAsync(answer);
            await connection.WaitAsync(seenByClient.Task);
            taken.SetResult((await connection.ReadAsync(Huge)).Length);
        });
        await using GatewayHost gateway = await (isOperators ? StartWithClusterAsync(app) : StartAsync(app));
        if (isReused)
        {
            await gateway.Client.GetStringAsync("/warm");
        }

        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        Task sending = SendAsync(client, isChunked);
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.True(seen.IsWhole);
        Assert.Equal(answer.Split("HTTP/1.1 ")[^1].Split(' ')[0], seen.Status.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(answer.Contains("large", StringComparison.Ordinal) ? "large" : "", seen.Body);
        Assert.Equal("close", seen.Field("Connection"));
        client.Reset();
        await EndedAsync(sending);
        seenByClient.SetResult();
        Assert.InRange(await taken.Task.WaitAsync(TimeSpan.FromSeconds(10)), 0, Huge - 1);
        TraceOfOne trace = new((await gateway.TracesAsync(isReused ? 2 : 1))[0]);
        Assert.Equal(
            ("True", null, $"{seen.Status}"),
            (TraceOfOne.Attribute(trace.Server, "loopgate.upload.stopped"), TraceOfOne.Attribute(trace.Server, "error.type"),
                TraceOfOne.Attribute(trace.Server, "http.response.status_code")));
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Warning);
        Assert.Single(app.Connections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_answer_reaches_a_client_that_has_paused(bool closes)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadAsync(4);
            await connection.SendAsync(TooLarge);
            if (!closes)
            {
                await connection.StallAsync();
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal((413, "large"), (seen.Status, seen.Body));
    }

    /// <summary>A client of HTTP/1.0 may have asked to keep its connection.</summary>
    [Fact]
    public async Task A_client_of_an_older_version_is_told_too_that_the_connection_ends()
    {
        await using ScriptedServer app = TakesNothing();
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 100\r\n\r\nhalf");
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal((413, "large", "close"), (seen.Status, seen.Body, seen.Field("Connection")));
    }

    /// <summary>The length is the client's word. What follows from it must not keep a core busy, least of all after the client has left.</summary>
    [Theory]
    [InlineData(64L << 30, 413)]
    [InlineData(1L << 40, 502)]
    [InlineData(long.MaxValue, 502)]
    public async Task A_length_that_is_never_sent_costs_nothing(long length, int status)
    {
        await using ScriptedServer app = TakesNothing();
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\nhalf");
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal((status, "close"), (seen.Status, seen.Field("Connection")));
    }

    /// <summary>Whoever resets his connections must not fill the log: Kestrel calls a body that it cannot drain an error, and of such an event the host of the test complains.</summary>
    [Theory]
    [InlineData(TooLarge)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    public async Task A_client_that_resets_its_upload_while_the_app_answers_is_no_error(string answer)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(answer);
        });
        await using GatewayHost gateway = await StartAsync(app);

        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (i, cancellation) =>
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync($"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n{new string('x', i % 3 * 1000)}");
            await Task.Delay(i % 4, cancellation);
            client.Reset();
        });
    }

    /// <summary>Its client pauses within the body, and would go on for ever.</summary>
    [Theory]
    [InlineData("HTTP/1.1 099 None\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("")]
    public async Task An_answer_that_cannot_be_passed_on_ends_the_upload_at_once(string answer)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(answer);
            if (answer.Length > 0)
            {
                await connection.StallAsync();
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal((502, "close"), (seen.Status, seen.Field("Connection")));
        Assert.Equal("app_broken", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
    }

    [Fact]
    public async Task An_app_that_ignores_a_large_body_and_answers_as_much_is_heard()
    {
        string answer = new('x', 10 * Megabyte);
        var seenByClient = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n");
            await connection.SendAsync(answer);
            await connection.WaitAsync(seenByClient.Task);
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        Task sending = SendAsync(client, isChunked: false);
        RawAnswer seen = await client.ReadAnswerAsync();
        seenByClient.SetResult();

        Assert.True(seen.IsWhole);
        Assert.Equal((200, answer.Length), (seen.Status, seen.Body.Length));
        client.Reset();
        await EndedAsync(sending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_app_that_answers_while_it_reads_gets_the_whole_body_and_keeps_its_connection(bool isReused)
    {
        int taken = 0;
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadHeadAsync() is { } head)
            {
                if (head.StartsWith("GET", StringComparison.Ordinal))
                {
                    await connection.SendAsync(Ok);
                    continue;
                }

                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
                for (int read; taken < Huge && (read = (await connection.ReadAsync(Megabyte)).Length) > 0; taken += read)
                {
                }

                await connection.SendAsync("-last");
            }
        });
        await using GatewayHost gateway = await StartAsync(app);
        if (isReused)
        {
            await gateway.Client.GetStringAsync("/warm");
        }

        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        await SendAsync(client, isChunked: false);
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal((200, "first-last", Huge), (seen.Status, seen.Body, taken));
        Assert.Null(seen.Field("Connection"));
        await gateway.Client.GetStringAsync("/after");
        Assert.Single(app.Connections);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_after_the_upload_was_ended_is_the_apps_fault()
    {
        var seenByClient = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 50\r\n\r\nbegun");
            await connection.WaitAsync(seenByClient.Task);
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        Task sending = SendAsync(client, isChunked: false);
        await client.ReadUntilAsync("begun");
        seenByClient.SetResult();

        Assert.Equal("", await client.ReadUntilAsync("never"));
        client.Reset();
        await EndedAsync(sending);
        Assert.Equal("app_broken", TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
    }

    [Theory]
    [InlineData("nothing that is HTTP\r\n\r\n")]
    [InlineData("")]
    public async Task An_app_that_breaks_off_without_an_answer_is_a_502(string sent)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(sent);
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        Task sending = SendAsync(client, isChunked: true);
        RawAnswer seen = await client.ReadAnswerAsync();

        Assert.Equal(502, seen.Status);
        client.Reset();
        await EndedAsync(sending);
        Assert.Single(app.Connections);
    }

    /// <summary>
    /// An app may answer at once although its client waits for a 100, and .NET then sends the body beside the answer. Where the app takes nothing of
    /// it the upload is stopped, and what comes next on the connection would be taken for its rest.
    /// </summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n{links}\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 502)]
    public async Task No_request_is_taken_for_the_rest_of_an_upload_whose_client_waited_for_100(string answer, int status)
    {
        string links = string.Concat(Enumerable.Range(0, 200).Select(static i => $"Link: </style{i}.css>; rel=preload; as=style\r\n"));
        var isStopped = new TaskCompletionSource();
        var rest = new TaskCompletionSource<string>();
        await using var app = new ScriptedServer(async connection =>
        {
            string head = (await connection.ReadHeadAsync())!;
            if (head.StartsWith("GET", StringComparison.Ordinal))
            {
                await connection.SendAsync(Ok);
                return;
            }

            if (head.StartsWith("POST /clock", StringComparison.Ordinal))
            {
                await connection.SendAsync(Ok);
                await connection.WaitAsync(isStopped.Task);
                return;
            }

            await connection.SendAsync(answer.Replace("{links}", links, StringComparison.Ordinal));
            await connection.WaitAsync(isStopped.Task);
            // Where the answer could not be passed on, the connection has ended.
            await connection.SendAsync("0\r\n\r\n").ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            rest.SetResult(Encoding.Latin1.GetString(await connection.ReadAsync(2 * Huge)));
        });
        await using GatewayHost gateway = await StartAsync(app);
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        using RawClient clock = await RawClient.ConnectAsync(gateway.Address);

        Task sending = SendAsync(client, isChunked: false, "Expect: 100-continue\r\n");
        await app.FirstAsync();
        // Its app takes nothing either, and it began later.
        Task other = SendAsync(clock, isChunked: false, target: "/clock");
        Assert.Equal(200, (await clock.ReadAnswerAsync()).Status);
        isStopped.SetResult();

        Assert.Equal(status, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/victim"));
        client.Reset();
        clock.Reset();
        await EndedAsync(sending);
        await EndedAsync(other);
        Assert.DoesNotContain("/victim", await rest.Task.WaitAsync(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app) =>
        GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:PooledConnectionIdleTimeout", "00:01:00"));

    /// <summary>The same app behind a route of the operator's.</summary>
    private static Task<GatewayHost> StartWithClusterAsync(ScriptedServer app) => GatewayHost.StartAsync(
        ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/{**rest}"),
        ("ReverseProxy:Clusters:c:Destinations:only:Address", app.Address.AbsoluteUri),
        ("ReverseProxy:Clusters:c:Loopgate:PooledConnectionIdleTimeout", "00:01:00"));

    /// <summary>Refuses at once, and keeps its connection.</summary>
    private static ScriptedServer TakesNothing() => new(static async connection =>
    {
        await connection.ReadHeadAsync();
        await connection.SendAsync(TooLarge);
        await connection.StallAsync();
    });

    /// <summary>However it ended: Kestrel takes the rest of a body for a while, and on a quick machine that may be all of it.</summary>
    private static async Task EndedAsync(Task sending) => await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task SendAsync(RawClient client, bool isChunked, string fields = "", string target = "/a")
    {
        var part = new byte[Megabyte];
        await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: h\r\n{fields}{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Huge}")}\r\n\r\n");
        for (int sent = 0; sent < Huge; sent += Megabyte)
        {
            await client.SendAsync(isChunked ? $"{Megabyte:x}\r\n" : "");
            await client.SendAsync(part);
            await client.SendAsync(isChunked ? "\r\n" : "");
        }

        await client.SendAsync(isChunked ? "0\r\n\r\n" : "");
    }
}

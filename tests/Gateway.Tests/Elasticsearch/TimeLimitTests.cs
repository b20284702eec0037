using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M2, M3: an answer within the budget or a 504 at its end, never a truncated 200.</summary>
public sealed class TimeLimitTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + Answers.Product;
    private const string TooSlow = "Elasticsearch did not answer in time.";

    private static readonly (string, string) _attempt = ("AttemptTimeout", "00:00:00.3");

    [Fact]
    public async Task A_silent_node_is_a_504_at_the_end_of_its_attempt()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(silent, _attempt);

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));

        Assert.Contains("cluster_too_slow", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        await Assert.Single(silent.Connections).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task After_a_silent_node_another_one_answers()
    {
        await using var silent = new ScriptedServer(static connection => connection.StallAsync());
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(silent, good, _attempt);

        await scene.GetsInfoAsync();

        Assert.Equal(2, (await scene.Gateway.TraceAsync()).HttpCalls.Count);
    }

    [Fact]
    public async Task All_attempts_together_end_at_the_total_limit()
    {
        await using var first = new ScriptedServer(static connection => connection.StallAsync());
        await using var second = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(first, second, _attempt, ("TotalTimeout", "00:00:00.5"));

        await TakesAsync(0.5, () => scene.GetsProblemAsync(504, TooSlow));

        Assert.Single(first.Connections);
        Assert.Single(second.Connections);
    }

    [Fact]
    public async Task No_attempt_begins_after_the_total_limit()
    {
        await using var first = new ScriptedServer(static connection => connection.StallAsync());
        await using var second = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(first, second, ("TotalTimeout", "00:00:00.3"));

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));

        Assert.Single(first.Connections);
        Assert.Empty(second.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: appli")]
    [InlineData(Head + "Content-Length: 100\r\n\r\n{\"name\":")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task An_answer_that_stalls_is_a_504_wherever_it_stalls(string begun)
    {
        await using var stalling = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(begun);
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync(stalling, _attempt);

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));
    }

    [Fact]
    public async Task A_body_that_drips_is_a_504_for_the_limit_is_on_the_whole_answer()
    {
        await using var dripping = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Head + "Content-Length: 100000\r\n\r\n");
            while (!connection.ClientLeft.IsCompleted)
            {
                await connection.SendAsync(" ");
                await Task.Delay(20);
            }
        });
        await using Scene scene = await Scene.StartAsync(dripping, _attempt);

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));
    }

    [Fact]
    public async Task A_node_that_never_completes_a_connection_is_a_504_at_the_connect_limit()
    {
        // A listener that accepts nothing and has no room for more: the kernel drops what comes, as a firewall does.
        using Socket listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        Socket[] filling = [NewSocket(), NewSocket(), NewSocket(), NewSocket()];
        Task[] connecting = [.. filling.Select(socket => socket.ConnectAsync(listener.LocalEndPoint!))];
        await connecting[0];
        await using Scene scene = await Scene.StartAsync([new Uri($"http://{listener.LocalEndPoint}/")], ("ConnectTimeout", "00:00:00.3"));

        await TakesAsync(0.3, () => scene.GetsProblemAsync(504, TooSlow));

        Array.ForEach(filling, static socket => socket.Dispose());
        await Task.WhenAny(Task.WhenAll(connecting));
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Not earlier than the limit, and not more than 2 s later on a busy machine.</summary>
    private static async Task TakesAsync(double seconds, Func<Task<HttpResponseMessage>> request)
    {
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await request();
        // Timers count in whole milliseconds of a coarser clock.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, seconds - 0.02, seconds + 2);
    }
}

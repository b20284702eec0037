using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Elasticsearch;

/// <summary>
/// M2 to M10: for each fault the client's answer, when it comes, what the log, the metrics and the trace say, and that the app, to
/// which everything else goes, was not touched (<see cref="Scene"/> sees to that).
/// </summary>
public sealed class FaultTableTests
{
    /// <summary>What a busy machine may add to a limit.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Faults { get; } = [.. Fault.All.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_has_the_answer_of_the_table_in_time_and_shows_in_every_signal(string name)
    {
        Fault fault = Fault.All[name];
        await using var node = new ScriptedServer(fault.Script);

        await HappensAsync(node.Address, fault);
    }

    [Fact]
    public async Task A_node_that_never_completes_a_connection_does_too()
    {
        // A listener that accepts nothing and has no room for more: the kernel drops what comes, as a firewall does.
        using Socket listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        Socket[] filling = [NewSocket(), NewSocket(), NewSocket(), NewSocket()];
        Task[] connecting = [.. filling.Select(socket => socket.ConnectAsync(listener.LocalEndPoint!))];
        await connecting[0];

        // As long as the attempt may take: whichever of the two ends first, the node was too slow.
        await HappensAsync(new Uri($"http://{listener.LocalEndPoint}/"), Fault.All["black hole"], ("ConnectTimeout", "00:00:00.3"));

        Array.ForEach(filling, static socket => socket.Dispose());
        await Task.WhenAny(Task.WhenAll(connecting));
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static async Task HappensAsync(Uri node, Fault fault, params (string, string)[] settings)
    {
        TimeSpan budget = fault.IsSlow ? TimeSpan.FromSeconds(0.3) : TimeSpan.FromSeconds(20);
        // As received: what sorting the keys of an answer costs is the view's affair.
        await using Scene scene = await Scene.StartAsync(
            [node], [("AttemptTimeout", $"{budget}"), ("TotalTimeout", $"{budget}"), (":Views:info:JsonStyle", "compact"), .. settings]);
        using var measured = new Measured(
            scene.Gateway,
            ("loopgate.elasticsearch.attempts", ["error.type", "db.response.status_code"]),
            ("loopgate.failures", ["error.type"]));

        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await scene.GetAsync();
        string body = await answer.Content.ReadAsStringAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(started);

        Assert.Equal(fault.Status, (int)answer.StatusCode);
        Assert.Equal(fault.Outcome is null ? "application/json" : "application/problem+json", answer.Content.Headers.ContentType?.ToString());
        Assert.DoesNotContain("internal-detail", body, StringComparison.Ordinal);
        Assert.Equal(fault.Outcome == "cluster_busy" ? "7" : null, answer.Headers.RetryAfter?.ToString());
        // A fault that shows at once waits for no limit.
        Assert.InRange(took, fault.IsSlow ? budget * 0.9 : TimeSpan.Zero, fault.IsSlow ? budget + _grace : budget);
        AssertSaid(scene, fault);
        string attempt = char.IsAsciiDigit(fault.Attempt[0]) ? $"db.response.status_code={fault.Attempt}" : $"error.type={fault.Attempt}";
        string[] failures = fault.Outcome is { } outcome ? [$"loopgate.failures{{error.type={outcome}}}"] : [];
        Assert.Equal([$"loopgate.elasticsearch.attempts{{{attempt}}}", .. failures], measured.Counted);
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal(fault.Outcome, TraceOfOne.Attribute(trace.Server, "error.type"));
    }

    /// <summary>One warning that names the outcome, and none where the node's answer was good.</summary>
    private static void AssertSaid(Scene scene, Fault fault)
    {
        if (fault.Outcome is null)
        {
            Assert.Empty(scene.Said);
            return;
        }

        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal((LogLevel.Warning, 400), (said.Level, said.Id));
        Assert.Contains($" {fault.Outcome}: ", said.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("internal-detail", said.Message, StringComparison.Ordinal);
    }
}

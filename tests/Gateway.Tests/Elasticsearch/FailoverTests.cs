using System.Globalization;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M1, M6, M7: when another node is asked, and when not.</summary>
public sealed class FailoverTests
{
    [Theory]
    [InlineData("search_phase_execution_exception")]
    [InlineData("no_shard_available_action_exception")]
    public async Task An_index_without_its_shards_is_no_failure_of_the_node_that_says_so(string type)
    {
        await using var node = ScriptedServer.Always(Answers.Json($$$"""{"error":{"type":"{{{type}}}"},"status":503}""", "503 Service Unavailable"));
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, other);

        int[] statuses = [await StatusAsync(scene), await StatusAsync(scene), await StatusAsync(scene), await StatusAsync(scene)];

        // The nodes go on taking turns, and the log says what is the matter with the index.
        Assert.Equal([200, 200, 502, 502], statuses.Order());
        Assert.Equal(2, node.Requests.Count);
        Assert.Contains(type, Assert.Single(scene.Said).Message, StringComparison.Ordinal);

        static async Task<int> StatusAsync(Scene scene)
        {
            using HttpResponseMessage answer = await scene.GetAsync();
            return (int)answer.StatusCode;
        }
    }

    private const string Unreachable = "No Elasticsearch node can be reached.";

    /// <summary>Nothing listens here.</summary>
    private static readonly Uri _refused = new("http://127.0.0.1:1/");

    [Fact]
    public async Task A_node_that_refuses_connections_is_passed_over_and_rests()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        // All requests come within its rest.
        await using Scene scene = await Scene.StartAsync(new FakeTimeProvider(), [_refused, node.Address]);

        await scene.GetsInfoAsync();
        TraceOfOne first = await scene.Gateway.TraceAsync();
        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(["1", PortOf(node)], first.HttpCalls.Select(static call => TraceOfOne.Attribute(call, "server.port")));
        Assert.Equal(4, (await scene.Gateway.TracesAsync(3)).Sum(static trace => new TraceOfOne(trace).HttpCalls.Count));
        Assert.Equal("127.0.0.1:1 unreachable", TraceOfOne.Attribute(first.Operation, "loopgate.elasticsearch.failed_nodes"));
        Assert.Empty(scene.Said);
        LogEntry said = Assert.Single(scene.Gateway.Log, static entry => entry.Id == 407);
        Assert.Equal(LogLevel.Information, said.Level);
        Assert.StartsWith("Elasticsearch: 127.0.0.1:1 has failed and is passed over: ", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_nodes_refused_is_a_503_and_one_warning()
    {
        await using Scene scene = await Scene.StartAsync([_refused, new Uri("http://127.0.0.1:2/")]);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, Unreachable);
        using HttpResponseMessage again = await scene.GetsProblemAsync(503, Unreachable);

        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal((LogLevel.Warning, 400), (said.Level, said.Id));
        Assert.Contains("no_node", said.Message, StringComparison.Ordinal);
        Assert.Contains("refused", said.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Null(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_a_503()
    {
        await using Scene scene = await Scene.StartAsync([new Uri("http://no-such-node.invalid:9200/")]);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, Unreachable);

        Assert.Contains("no-such-node.invalid:9200", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("502 Bad Gateway")]
    [InlineData("503 Service Unavailable")]
    [InlineData("504 Gateway Timeout")]
    public async Task A_node_that_cannot_answer_now_is_passed_over_once(string status)
    {
        await using var bad = ScriptedServer.Always(Answers.Json("{}", status));
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(bad, good);

        await scene.GetsInfoAsync();

        Assert.Single(bad.Requests);
        Assert.Single(good.Requests);
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal([PortOf(bad), PortOf(good)], trace.HttpCalls.Select(static call => TraceOfOne.Attribute(call, "server.port")));
        Assert.Equal(PortOf(good), TraceOfOne.Attribute(trace.Operation, "server.port"));
    }

    [Fact]
    public async Task All_nodes_that_cannot_answer_now_are_asked_once_each()
    {
        await using var first = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable"));
        await using var second = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable"));
        await using Scene scene = await Scene.StartAsync(first, second);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, "Elasticsearch sent an answer that cannot be used.");

        Assert.Single(first.Requests);
        Assert.Single(second.Requests);
        Assert.Contains("status 503", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("resets")]
    [InlineData("speaks no HTTP")]
    public async Task A_node_that_breaks_off_is_passed_over(string how)
    {
        await using ScriptedServer bad = BreakingOff(how);
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(bad, good);

        await scene.GetsInfoAsync();

        Assert.Single(bad.Requests, static request => request.Target == "/");
        Assert.Single(good.Requests);
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("resets")]
    [InlineData("speaks no HTTP")]
    public async Task The_only_node_that_breaks_off_is_a_502(string how)
    {
        await using ScriptedServer bad = BreakingOff(how);
        await using Scene scene = await Scene.StartAsync(bad);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, "Elasticsearch sent an answer that cannot be used.");

        Assert.Single(bad.Requests, static request => request.Target == "/");
        Assert.Equal(LogLevel.Warning, Assert.Single(scene.Said).Level);
    }

    [Theory]
    [InlineData("Retry-After: 7\r\n", "7")]
    [InlineData("Retry-After: 0\r\n", "0")]
    [InlineData("Retry-After: soon\r\n", null)]
    [InlineData("", null)]
    public async Task A_busy_cluster_is_a_503_that_says_when_and_no_other_node_is_bothered(string field, string? retryAfter)
    {
        await using var busy = ScriptedServer.Always(Answers.Json("{}", "429 Too Many Requests", Answers.Product + field));
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(busy, other);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, "Elasticsearch is too busy.");

        Assert.Equal(retryAfter, answer.Headers.RetryAfter?.ToString());
        Assert.Single(busy.Requests);
        Assert.Empty(other.Connections);
        Assert.Contains("cluster_busy", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    /// <summary>RFC 9110 §10.2.3 knows both forms, and proxies in front of a cluster send the other one.</summary>
    [Fact]
    public async Task A_busy_cluster_that_names_a_date_is_a_503_that_says_when()
    {
        string date = TimeProvider.System.GetUtcNow().AddHours(1).ToString("R", CultureInfo.InvariantCulture);
        await using var busy = ScriptedServer.Always(Answers.Json("{}", "429 Too Many Requests", $"{Answers.Product}Retry-After: {date}\r\n"));
        await using Scene scene = await Scene.StartAsync(busy);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, "Elasticsearch is too busy.");

        Assert.InRange(answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0, 3500, 3600);
    }

    /// <summary>RFC 9110 §10.2.3: it says something with a 503, and of a cluster that is broken nobody knows when it will be mended.</summary>
    [Fact]
    public async Task A_time_to_come_again_goes_out_with_no_other_failure()
    {
        await using var broken = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable", Answers.Product + "Retry-After: 7\r\n"));
        await using Scene scene = await Scene.StartAsync(broken);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, "Elasticsearch sent an answer that cannot be used.");

        Assert.Null(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task The_nodes_take_turns()
    {
        await using var first = ScriptedServer.Always(Answers.Info);
        await using var second = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(first, second);

        for (int i = 0; i < 6; i++)
        {
            await scene.GetsInfoAsync();
        }

        Assert.Equal((3, 3), (first.Requests.Count, second.Requests.Count));
    }

    private static string PortOf(ScriptedServer node) => node.Address.Port.ToString(CultureInfo.InvariantCulture);

    private static ScriptedServer BreakingOff(string how) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        if (how == "resets")
        {
            connection.Reset();
        }
        else if (how != "closes")
        {
            await connection.SendAsync("SSH-2.0-OpenSSH_9.9\r\n\r\n");
        }
    });
}

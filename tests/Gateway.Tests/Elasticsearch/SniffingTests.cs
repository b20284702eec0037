using System.Diagnostics;
using System.Globalization;
using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Nodes that the cluster names itself: when it is asked, what is made of its answer, and that no request notices.</summary>
public sealed class SniffingTests
{
    private static readonly (string, string) _sniffing = ("Sniffing", "true");

    /// <summary>For a call that is held until the test lets it go.</summary>
    private static readonly (string, string)[] _patient = [("AttemptTimeout", "00:01:00"), ("TotalTimeout", "00:01:00")];

    [Fact]
    public async Task Without_the_setting_the_cluster_is_not_asked()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node);

        await scene.GetsInfoAsync();

        Assert.Empty(scene.Gateway.Services.GetServices<IHostedService>().OfType<SniffingService>());
        Assert.Equal("/", Assert.Single(node.Requests).Target);
    }

    [Fact]
    public async Task From_the_start_on_the_nodes_that_the_cluster_names_take_turns_and_a_dedicated_master_gets_nothing()
    {
        await using var master = ScriptedServer.Always(Answers.Info);
        await using var first = ScriptedServer.Always(Answers.Info);
        await using var second = ScriptedServer.Always(Answers.Info);
        await using ScriptedServer seed = Cluster(() => [Data(first), Data(second), Answers.Node(master.Address.Authority, "master")]);
        await using Scene scene = await Scene.StartAsync(seed, _sniffing, ("ApiKey", "id:key"));
        await UsesAsync(scene, first, second);

        for (int i = 0; i < 6; i++)
        {
            await scene.GetsInfoAsync();
        }

        Assert.Equal((3, 3), (Reads(first), Reads(second)));
        Assert.Empty(master.Connections);
        ScriptedRequest asked = Assert.Single(seed.Requests);
        Assert.Equal("/_nodes/http?filter_path=nodes.*.roles,nodes.*.http.publish_address", asked.Target);
        Assert.Equal("ApiKey aWQ6a2V5", asked.Field("Authorization"));
        Assert.Equal("ApiKey aWQ6a2V5", first.Requests[0].Field("Authorization"));
        Assert.Empty(scene.Said);
    }

    [Fact]
    public async Task After_a_failure_the_cluster_is_asked_again()
    {
        await using var joined = ScriptedServer.Always(Answers.Info);
        ScriptedServer? failing = null;
        bool left = false;
        await using ScriptedServer seed = Cluster(() => Volatile.Read(ref left) ? [Data(joined)] : [Data(failing!)]);
        await using (failing = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable")))
        {
            await using Scene scene = await Scene.StartAsync(seed, _sniffing);
            await UsesAsync(scene, failing);
            Volatile.Write(ref left, true);

            await scene.GetsInfoAsync();

            await UsesAsync(scene, joined);
            await scene.GetsInfoAsync();
            Assert.Equal((1, 1), (Reads(failing), Reads(joined)));
            // The configured node answered while the one that was named rested.
            Assert.Equal(1, Reads(seed));
        }
    }

    [Theory]
    [InlineData("403 Forbidden", Answers.Product, "403")]
    [InlineData("404 Not Found", Answers.Product, "404")]
    [InlineData("429 Too Many Requests", Answers.Product, "429")]
    [InlineData("503 Service Unavailable", Answers.Product, "503")]
    [InlineData("200 OK", "", "not Elasticsearch")]
    [InlineData("200 OK", Answers.Product, "no node that can serve", "{}")]
    [InlineData("200 OK", Answers.Product, "no node that can serve", """{"nodes":{"x":{"roles":["master"],"http":{"publish_address":"127.0.0.1:1"}}}}""")]
    [InlineData("200 OK", Answers.Product, "no node that can serve", "nonsense")]
    public async Task An_answer_that_is_of_no_use_changes_nothing_and_is_said_once(string status, string fields, string reason, string? body = null)
    {
        body ??= Answers.Nodes(Answers.Node("127.0.0.1:1", "data"));
        await using var node = Node(() => Answers.Json(body, status, fields));
        await using Scene scene = await Scene.StartAsync(node, _sniffing, ("SniffingInterval", "00:00:01"));

        await Eventually.Holds(() => node.Requests.Count(IsSniffing) >= 3, "the cluster to be asked three times");
        await scene.GetsInfoAsync();

        Assert.Equal(node.Address, Assert.Single(NodesOf(scene)).Address);
        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal((LogLevel.Warning, 403), (said.Level, said.Id));
        Assert.Contains(reason, said.Message, StringComparison.Ordinal);
        Assert.Contains(node.Address.Authority, said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_given_up_and_another_node_is_asked()
    {
        await using var endless = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{Answers.Product}Transfer-Encoding: chunked\r\n\r\n");
            while (true)
            {
                await connection.SendAsync($"400\r\n{new string(' ', 1024)}\r\n");
            }
        });
        await using var named = ScriptedServer.Always(Answers.Info);
        await using ScriptedServer other = Cluster(() => [Data(named)]);
        await using Scene scene = await Scene.StartAsync(endless, other, _sniffing, ("MaxAnswerBytes", "4096"));

        await UsesAsync(scene, named);

        Assert.True(Assert.Single(endless.Connections).Requests.All(IsSniffing));
    }

    [Fact]
    public async Task A_node_that_does_not_say_who_is_there_delays_no_request_and_is_asked_by_one_at_a_time()
    {
        await using var node = new ScriptedServer(async connection =>
        {
            for (int answered = 0; await connection.ReadRequestAsync() is { } request; answered++)
            {
                if (IsSniffing(request))
                {
                    await connection.StallAsync();
                }

                await connection.SendAsync(answered == 0 ? Answers.Json("{}", "503 Service Unavailable") : Answers.Info);
            }
        });
        await using Scene scene = await Scene.StartAsync(node, [_sniffing, ("SniffingInterval", "00:00:01"), .. _patient]);
        await Eventually.Holds(() => node.Requests.Any(IsSniffing), "the sniffing to begin");

        // A failure, and then answers: all while the sniffing hangs.
        using HttpResponseMessage failed = await scene.GetAsync();
        Assert.Equal(502, (int)failed.StatusCode);
        for (int i = 0; i < 5; i++)
        {
            await scene.GetsInfoAsync();
        }

        ScriptedConnection hanging = Assert.Single(node.Connections, static connection => connection.Requests.Any(IsSniffing));
        Assert.False(hanging.ClientLeft.IsCompleted);
        await scene.Gateway.StopAsync();
        await hanging.ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Single(node.Requests, IsSniffing);
    }

    [Fact]
    public async Task Sniffing_is_in_nobodys_trace_but_is_counted_as_a_use_of_its_connection()
    {
        ScriptedServer? self = null;
        await using (self = Cluster(() => [Data(self!)]))
        {
            // One connection, for of several .NET takes the one that came back last.
            await using Scene scene = await Scene.StartAsync(self, _sniffing, ("MaxConnectionsPerNode", "1"));
            await Eventually.Holds(() => self.Requests.Any(IsSniffing), "the cluster to be asked");
            // Its connection goes back to the pool a moment after the answer.
            await Eventually.Async(async () =>
            {
                await scene.GetsInfoAsync();
                return self.Connections[0].Requests.Count > 1;
            }, "a read on the connection of the sniffing");

            var youngest = new TraceOfOne((await scene.Gateway.TracesAsync(Reads(self)))[0]);
            Assert.Equal("2", TraceOfOne.Attribute(Assert.Single(youngest.HttpCalls), "loopgate.connection.use"));
            await scene.Gateway.StopAsync();
            Activity[] exported = [.. scene.Gateway.Exported];
            Assert.DoesNotContain(exported, static span => $"{span.GetTagItem("url.full")}".Contains("_nodes", StringComparison.Ordinal));
            HashSet<ActivitySpanId> known = [.. exported.Select(static span => span.SpanId)];
            Assert.All(exported.Where(static span => span.Source.Name == "System.Net.Http").SelectMany(static span => span.Links), link => Assert.Contains(link.Context.SpanId, known));
        }
    }

    [Fact]
    public async Task A_request_on_a_node_that_goes_meanwhile_gets_its_answer()
    {
        var released = new TaskCompletionSource();
        bool left = false;
        await using var staying = ScriptedServer.Always(Answers.Info);
        ScriptedServer? leaving = null;
        await using (leaving = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (!IsSniffing(request))
                {
                    await connection.WaitAsync(released.Task);
                }

                await connection.SendAsync(IsSniffing(request) ? Named([.. Volatile.Read(ref left) ? [] : new[] { Data(leaving!) }, Data(staying)]) : Answers.Info);
            }
        }))
        {
            await using Scene scene = await Scene.StartAsync(leaving, [_sniffing, ("SniffingInterval", "00:00:01"), .. _patient]);
            await UsesAsync(scene, leaving, staying);
            ElasticsearchClient client = scene.Gateway.Services.GetRequiredService<ElasticsearchClient>();
            Task<ElasticsearchResult>[] calls = [.. Enumerable.Range(0, 2).Select(i => client.GetAsync(new ElasticsearchCall("info", $"?call={i}"), default))];
            await Eventually.Holds(() => Reads(leaving) == 1, "a request on the node that goes");

            Volatile.Write(ref left, true);
            await UsesAsync(scene, staying);
            released.SetResult();

            Assert.All(await Task.WhenAll(calls), static result => Assert.Null(result.Failure));
            Assert.Equal((1, 1), (Reads(leaving), Reads(staying)));
        }
    }

    private static string Data(ScriptedServer node) => Answers.Node(node.Address.Authority, "data", "ingest", "master");

    private static string Named(params string[] nodes) => Answers.Json(Answers.Nodes(nodes));

    private static bool IsSniffing(ScriptedRequest request) => request.Target.StartsWith("/_nodes/http", StringComparison.Ordinal);

    private static int Reads(ScriptedServer node) => node.Requests.Count(static request => !IsSniffing(request));

    private static IReadOnlyList<Node> NodesOf(Scene scene) => scene.Gateway.Services.GetRequiredService<ElasticsearchClient>().Nodes;

    /// <summary>A node that names these.</summary>
    private static ScriptedServer Cluster(Func<string[]> nodes) => Node(() => Named(nodes()));

    /// <summary>A node that answers sniffing so, and all else with its greeting.</summary>
    private static ScriptedServer Node(Func<string> sniffing) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(IsSniffing(request) ? sniffing() : Answers.Info);
        }
    });

    private static Task UsesAsync(Scene scene, params ScriptedServer[] nodes) => Eventually.Holds(
        () => NodesOf(scene).Select(static node => node.Address).Order(Comparer<Uri>.Create(static (a, b) => a.Port - b.Port))
            .SequenceEqual(nodes.Select(static node => node.Address).OrderBy(static address => address.Port)),
        string.Create(CultureInfo.InvariantCulture, $"the client to use these {nodes.Length} nodes"));
}

using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>A real cluster of three nodes that die, hang and come back, under load, with the real Flask app beside them.</summary>
public sealed partial class ThreeNodesTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Connections = 16;

    /// <summary>By hand longer: <c>THREE_NODES_SECONDS=600</c>.</summary>
    private static readonly TimeSpan _load = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("THREE_NODES_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : 60);

    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _hold = TimeSpan.FromSeconds(4);

    private static readonly string[] _limits = ["--Elasticsearch:AttemptTimeout=00:00:02", $"--Elasticsearch:TotalTimeout={_budget:c}"];
    private static readonly string[] _settings = ["--Elasticsearch:ConnectTimeout=00:00:02", "--Views:info:SingleFlight=false"];

    /// <summary>For a call that its caller gives up, and not the gateway.</summary>
    private static readonly string[] _patience = ["--Elasticsearch:AttemptTimeout=00:01:00", "--Elasticsearch:TotalTimeout=00:01:00"];

    [Fact]
    public async Task While_nodes_are_killed_paused_and_started_again_no_answer_is_wrong_or_late_and_none_fails_while_a_node_lives()
    {
        Parts.Need("elasticsearch");
        await using var cluster = new ElasticsearchCluster(Processes);
        ElasticsearchNode[] nodes = [cluster.Add("n1"), cluster.Add("n2"), cluster.Add("n3")];
        await ElasticsearchCluster.StartAsync(nodes);
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn, nodes[0].Address);
        await ACallerLeavesAsync(app, nodes);
        GatewayProcess gateway = await StartGatewayAsync(app, nodes, _limits);
        IReadOnlyDictionary<string, string> bodies = await BodiesAsync(gateway, nodes);
        Assert.Equal(await FirstAnswerAsync(app), bodies[nodes[0].Name]);

        await using var appLoad = new SteadyLoad(gateway.Address, "/sync", 1);
        await using var load = new SteadyLoad(gateway.Address, "/", Connections);
        (TimeSpan From, TimeSpan To) noNode = await AllAtOnceAsync(load, nodes);
        for (int turn = 0; load.Now < _load; turn++)
        {
            await OneAsync(load, nodes[turn % 3], kill: turn % 2 == 0);
        }

        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        IReadOnlyList<TimedAnswer> ofApp = await appLoad.StopAsync();
        Show(answers, noNode);
        Output.WriteLine($"{ofApp.Count} answers of the app's beside them; slowest {ofApp.Max(static answer => answer.Took):g}");
        Assert.All(ofApp, static answer => Assert.Equal((200, "sync\n"), (answer.Status, answer.Body)));
        Assert.All(answers, static answer => Assert.True(answer.Status != 0, answer.Body));
        TimedAnswer[] good = [.. answers.Where(static answer => answer.Status == 200)];
        Assert.Empty(good.Select(static answer => answer.Body).Distinct().Select(body => Known(body, bodies)).Except(bodies.Values));
        Assert.Equal(3, good.Select(static answer => answer.Body).Select(NameIn).Distinct().Count());
        Assert.All(answers, static answer => Assert.InRange(answer.Took, TimeSpan.Zero, _budget + TimeSpan.FromSeconds(1)));
        TimedAnswer[] failed = [.. answers.Where(static answer => answer.Status != 200)];
        Assert.NotEmpty(failed);
        Assert.All(failed, answer => Assert.True(answer.Answered > noNode.From && answer.Asked < noNode.To, $"{answer}"));
        Assert.All(failed, static answer => Assert.True(answer.Status is 503 or 504 && IsProblem(answer), $"{answer}"));
        await Eventually.HoldsAsync(
            async () =>
            {
                // It takes a request to find out that a node is back.
                await Load.GetAsync(gateway.Client, "/");
                return await LiveAsync(gateway) == 3;
            },
            "all nodes to be live again",
            TimeSpan.FromSeconds(90));
    }

    private Task<GatewayProcess> StartGatewayAsync(PythonApp app, ElasticsearchNode[] nodes, string[] limits) => GatewayProcess.StartAsync(
        Processes,
        [.. GatewayProcess.Production, ("OTEL_METRICS_EXPORTER", "prometheus")],
        [$"--Legacy:Address={app.Address}", .. nodes.Select(static (node, i) => $"--Elasticsearch:Nodes:{i}={node.Address}"), .. _settings, .. limits]);

    /// <summary>What the gateway sends of each node, by its name: the same JSON as the node's own.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> BodiesAsync(GatewayProcess gateway, ElasticsearchNode[] nodes)
    {
        Dictionary<string, string> bodies = [];
        foreach (Answer answer in await Load.InARowAsync(gateway.Client, "/", nodes.Length))
        {
            bodies[NameIn(answer.Text)] = answer.Text;
        }

        foreach (ElasticsearchNode node in nodes)
        {
            Assert.True(JsonElement.DeepEquals(await node.InfoAsync(), JsonElement.Parse(bodies[node.Name])), node.Name);
        }

        return bodies;
    }

    /// <summary>What the app answers by itself while its client is new; its second answer is the fault.</summary>
    private static async Task<string> FirstAnswerAsync(PythonApp app)
    {
        using HttpClient client = Loopback.Client(app.Address, 1);
        IReadOnlyList<Answer> answers = await Load.InARowAsync(client, "/", 2);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.InternalServerError], answers.Select(static answer => answer.Status));
        return answers[0].Text;
    }

    /// <summary>That a node is too slow for its caller is no reason to let it rest.</summary>
    private async Task ACallerLeavesAsync(PythonApp app, ElasticsearchNode[] nodes)
    {
        GatewayProcess gateway = await StartGatewayAsync(app, nodes, _patience);
        await BodiesAsync(gateway, nodes);
        double sent = await SentAsync(gateway);
        Array.ForEach(nodes, static node => node.Pause());
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> waiting = gateway.Client.GetAsync("/", leaving.Token);
        await Eventually.HoldsAsync(async () => await SentAsync(gateway) == sent + 1, "the request to be sent to a node");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Eventually.HoldsAsync(async () => await LeftAsync(gateway) == 1, "the call to end");
        Array.ForEach(nodes, static node => node.Resume());

        Assert.Equal(3, await LiveAsync(gateway));
    }

    /// <summary>One hangs, two are gone, and then all come back; in between no node lives.</summary>
    private static async Task<(TimeSpan From, TimeSpan To)> AllAtOnceAsync(SteadyLoad load, ElasticsearchNode[] nodes)
    {
        await load.LastAsync(_hold / 2);
        TimeSpan from = load.Now;
        nodes[0].Pause();
        nodes[1].Kill();
        nodes[2].Kill();
        await load.LastAsync(_hold);
        nodes[0].Resume();
        TimeSpan to = load.Now;
        await Task.WhenAll(nodes[1].ExitAsync(), nodes[2].ExitAsync());
        await ElasticsearchCluster.StartAsync(nodes[1], nodes[2]);
        return (from, to);
    }

    private static async Task OneAsync(SteadyLoad load, ElasticsearchNode node, bool kill)
    {
        if (!kill)
        {
            node.Pause();
            await load.LastAsync(_hold);
            node.Resume();
        }
        else
        {
            node.Kill();
            await node.ExitAsync();
            await load.LastAsync(_hold / 2);
            await node.StartAsync();
        }

        await load.LastAsync(_hold / 2);
    }

    private void Show(IReadOnlyList<TimedAnswer> answers, (TimeSpan From, TimeSpan To) noNode)
    {
        string by = string.Join(", ", answers.GroupBy(static answer => answer.Status).OrderBy(static group => group.Key).Select(static group => $"{group.Count()} of {group.Key}"));
        TimedAnswer[] failed = [.. answers.Where(static answer => answer.Status != 200)];
        string span = failed.Length == 0 ? "none" : $"asked {failed.Min(static answer => answer.Asked):g} to {failed.Max(static answer => answer.Asked):g}";
        Output.WriteLine($"{answers.Count} answers: {by}; slowest {answers.Max(static answer => answer.Took):g}; no node lived from {noNode.From:g} to {noNode.To:g}, failed: {span}");
    }

    /// <summary>A node that has just come back does not know yet how its cluster is called inside.</summary>
    private static string Known(string body, IReadOnlyDictionary<string, string> bodies)
    {
        string uuid = Uuid.Match(bodies.Values.First()).Value;
        return body.Replace("\"cluster_uuid\":\"_na_\"", uuid, StringComparison.Ordinal);
    }

    private static string NameIn(string body) => JsonElement.Parse(body).GetProperty("name").GetString()!;

    private static bool IsProblem(TimedAnswer answer) =>
        answer.Body.StartsWith($"{{\"title\":", StringComparison.Ordinal) && JsonElement.Parse(answer.Body).GetProperty("status").GetInt32() == answer.Status;

    private static Task<double> LiveAsync(GatewayProcess gateway) =>
        SumAsync(gateway, static series => series.Name == "loopgate_elasticsearch_nodes" && series.Labels["loopgate_elasticsearch_node_state"] == "live");

    private static Task<double> SentAsync(GatewayProcess gateway) =>
        SumAsync(gateway, static series => series.Name == "loopgate_connection_uses_total" && series.Labels["loopgate_connection_peer"] == "elasticsearch");

    private static Task<double> LeftAsync(GatewayProcess gateway) => SumAsync(
        gateway,
        static series => series.Name == "db_client_operation_duration_seconds_count" && series.Labels.GetValueOrDefault("error_type") == "client_left");

    private static async Task<double> SumAsync(GatewayProcess gateway, Func<DeployPromQl.Series, bool> wanted) =>
        DeployPromQl.SeriesOf(await gateway.AdminClient.GetStringAsync("/metrics")).Where(wanted).Sum(static series => series.Value);

    [GeneratedRegex("\"cluster_uuid\":\"[^\"]*\"")]
    private static partial Regex Uuid { get; }
}

using System.Globalization;
using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>A real cluster with a dedicated master, which nodes join and leave.</summary>
public sealed class SniffingTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string DataNode = "-Enode.roles=data,ingest";

    [Fact]
    public async Task The_master_gets_no_read_a_node_that_joins_is_used_and_one_that_leaves_is_not()
    {
        Parts.Need("elasticsearch");
        await using var cluster = new ElasticsearchCluster(Processes);
        ElasticsearchNode master = cluster.Add("m1", "-Enode.roles=master");
        ElasticsearchNode first = cluster.Add("d1", DataNode);
        await ElasticsearchCluster.StartAsync(master, first);
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, Loopback.Nowhere, master.Address, "--Elasticsearch:Sniffing=true", "--Elasticsearch:SniffingInterval=00:00:01");

        await UsesAsync(gateway, first);
        await SeenAsync(gateway, 10, first);

        ElasticsearchNode second = cluster.Add("d2", DataNode);
        await second.StartAsync();
        await UsesAsync(gateway, first, second);
        await SeenAsync(gateway, 20, first, second);

        await using (var load = new SteadyLoad(gateway.Address, "/", 4))
        {
            first.Terminate();
            await UsesAsync(gateway, second);
            IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
            Output.WriteLine($"{answers.Count} answers while a node left, {answers.Count(static answer => answer.Status != 200)} of them not 200");
            Assert.All(answers, static answer => Assert.True(answer.Status == 200, answer.Body));
        }

        await SeenAsync(gateway, 10, second);
    }

    /// <summary>The last line in which the gateway says which nodes it uses names these.</summary>
    private static Task UsesAsync(GatewayProcess gateway, params ElasticsearchNode[] nodes) => Eventually.Holds(
        () => gateway.Log.LastOrDefault(static entry => entry.EventId == 404)?.Message.TrimEnd('.').Split(": ")[^1].Split(", ").Order(StringComparer.Ordinal)
            .SequenceEqual(nodes.Select(static node => node.Address.Authority).Order(StringComparer.Ordinal)) == true,
        $"the gateway to use {string.Join(" and ", nodes.Select(static node => node.Name))}",
        TimeSpan.FromSeconds(60));

    /// <summary>Requests from now on go to these nodes, and each has its share.</summary>
    private static async Task SeenAsync(GatewayProcess gateway, int requests, params ElasticsearchNode[] nodes)
    {
        int before = (await gateway.TracesAsync(0)).Count;
        Assert.All(await Load.InARowAsync(gateway.Client, "/", requests), static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));

        IEnumerable<Span[]> since = (await gateway.TracesAsync(before + requests)).TakeLast(requests);
        var byPort = since.SelectMany(static trace => trace).Where(static span => span.IsHttpCall).CountBy(static call => call["server.port"] ?? "").ToDictionary();
        Assert.Equal(
            nodes.Select(static node => node.Address.Port.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal),
            byPort.Keys.Order(StringComparer.Ordinal));
        Assert.All(byPort.Values, share => Assert.Equal(requests / nodes.Length, share));
    }
}

using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>Elasticsearch's own statistics bear witness to what the spans say of connections.</summary>
public sealed class ElasticsearchConnectionTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Theory]
    [InlineData(ElasticsearchServer.Old)]
    [InlineData(ElasticsearchServer.New)]
    public async Task The_server_counts_as_many_connections_and_as_many_requests_on_each_as_the_spans_say(string server)
    {
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync(server);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, elasticsearch.Address, "--Views:info:SingleFlight=false");
        ConnectionCounts before = await elasticsearch.CountsAsync();

        await Load.InARowAsync(gateway.Client, "/", 100);
        await Load.AtOnceAsync(gateway.Address, "/", 500);

        // The statistics come over a connection that was there before, and a connection that .NET opened in vain carries nothing.
        ConnectionCounts after = await elasticsearch.CountsAsync();
        KeyValuePair<long, long>[] opened = [.. after.RequestsByClient.Where(client => !before.RequestsByClient.ContainsKey(client.Key))];
        Assert.Equal(after.TotalOpened - before.TotalOpened, opened.Length);
        long[] counted = [.. opened.Select(static client => client.Value).Where(static requests => requests > 0).Order()];
        IEnumerable<Span> calls = (await gateway.TracesAsync(600)).SelectMany(static trace => trace).Where(static span => span.IsHttpCall);
        var said = calls.GroupBy(static call => call["loopgate.connection.id"]).ToList();
        Output.WriteLine($"requests on each connection: {string.Join(", ", counted)}");
        Assert.Equal(600, counted.Sum());
        Assert.Equal(counted, said.Select(static connection => connection.LongCount()).Order());
        Assert.All(said, static connection => Assert.Equal(
            Enumerable.Range(1, connection.Count()).Select(static use => $"{use}").Order(StringComparer.Ordinal),
            connection.Select(static call => call["loopgate.connection.use"]).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Requests_in_a_row_share_one_connection_and_one_client()
    {
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, elasticsearch.Address);
        ConnectionCounts before = await elasticsearch.CountsAsync();

        await Load.InARowAsync(gateway.Client, "/", 50);

        ConnectionCounts after = await elasticsearch.CountsAsync();
        Assert.Equal(1, after.TotalOpened - before.TotalOpened);
        Span[] spans = [.. (await gateway.TracesAsync(50)).SelectMany(static trace => trace)];
        Assert.Single(spans.Where(static span => span.IsHttpCall).Select(static span => span["loopgate.connection.id"]).Distinct());
        Assert.Single(spans.Where(static span => span.Name == "info").Select(static span => span["loopgate.client.id"]).Distinct());
        Assert.Equal(49, spans.Count(static span => span["loopgate.connection.reused"] == "true"));
    }
}

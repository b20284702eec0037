using System.Globalization;
using System.Net.Http.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>
/// A random run against real Elasticsearch, over connections that come and go: what the spans say of every request is held against
/// what was on the wire, and that against Elasticsearch's own counts. The seed that it prints has the same run again: <c>TRUTH_SEED=…</c>
/// </summary>
public sealed class ElasticsearchTruthTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Clients = 12;
    private static readonly int _requests = Number("TRUTH_REQUESTS") ?? 3000;
    private static readonly int _seed = Number("TRUTH_SEED") ?? Random.Shared.Next(1, 1_000_000_000);

    [Theory]
    [InlineData(ElasticsearchServer.Old)]
    [InlineData(ElasticsearchServer.New)]
    public async Task Every_request_says_the_connection_and_position_that_it_had_on_the_wire(string server)
    {
        Output.WriteLine($"TRUTH_SEED={_seed}, {_requests} requests");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync(server);
        await using var relay = new FickleRelay(elasticsearch.Address, _seed);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, Loopback.Nowhere, relay.Address, ["--Inspect:Traces=100000", .. Views()]);

        int left = await CrowdAsync(gateway);

        await relay.StopAsync();
        HashSet<string> read = [.. relay.Connections.SelectMany(static connection => connection.Read)];
        Span[] spans = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                spans = [.. (await gateway.AdminClient.GetFromJsonAsync<Span[][]>("/api/traces"))!.SelectMany(static trace => trace)];
                return spans.Count(static span => span.IsServer) >= _requests - left && read.IsSubsetOf(spans.Select(static span => span.SpanId));
            },
            "the spans of all requests");
        Dictionary<string, Span> calls = spans.Where(static span => span.IsHttpCall).ToDictionary(static span => span.SpanId);
        AssertOnTheWire(relay.Connections, calls);
        AssertUsesOfClient(spans);
        await AssertCountedAsync(elasticsearch, relay.Connections);

        int moved = calls.Values.Count(static call => Attempts(call) > 1);
        int none = calls.Values.Count(static call => Attempts(call) == 0);
        int unread = calls.Values.Count(call => Attempts(call) > 0 && !read.Contains(call.SpanId));
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{calls.Count} calls on {relay.Connections.Count} connections: {moved} on more than one, {none} on none, {unread} never read; {left} clients left"));
        Assert.All([moved, left, relay.Connections.Sum(static connection => connection.Read.Count - connection.Passed)], static count => Assert.True(count > 0));
    }

    /// <summary>Ids and connections are one to one, and each request is at the position that its span claims, or went on from there.</summary>
    private static void AssertOnTheWire(IReadOnlyList<RelayedConnection> connections, Dictionary<string, Span> calls)
    {
        Dictionary<(string Id, long Use), string> claimed = calls.Values.Where(static call => Attempts(call) > 0).ToDictionary(Place, static call => call.SpanId);
        Dictionary<string, int> read = [];
        foreach (RelayedConnection connection in connections)
        {
            // The relay closes where it does not answer: only the last request on a connection can have gone on to another.
            string last = connection.Read.LastOrDefault("");
            string? id = connection.Read.Where(span => span != last || Attempts(calls[span]) == 1).Select(span => Place(calls[span]).Id).FirstOrDefault();
            Assert.True(id is null || read.TryAdd(id, connection.Read.Count), $"{id} is two connections.");
            for (int i = 0; i < connection.Read.Count; i++)
            {
                Span call = calls[connection.Read[i]];
                bool here = Place(call) == (id ?? Place(call).Id, i + 1);
                bool wentOn = connection.Read[i] == last && Attempts(call) > 1 && (id is null || !claimed.ContainsKey((id, i + 1)));
                Assert.True(here || wentOn, $"{Place(call)} after {Attempts(call)} attempts was read at {i + 1} of {id}.");
            }
        }

        // What was sent and never read was the last on its connection.
        Assert.All(claimed.Keys.Where(place => read.ContainsKey(place.Id)), place => Assert.InRange(place.Use, 1, read[place.Id] + 1));
    }

    /// <summary>The client counts its uses from 1, without a gap.</summary>
    private static void AssertUsesOfClient(Span[] spans)
    {
        Span[] operations = [.. spans.Where(static span => span.Source == "Loopgate.Elasticsearch")];
        Assert.Single(operations.Select(static span => span["loopgate.client.id"]).Distinct());
        Assert.Equal(
            Enumerable.Range(1, operations.Length).Select(static use => (long)use),
            operations.Select(static span => span.Attributes["loopgate.client.use"].GetInt64()).Order());
    }

    /// <summary>Elasticsearch counts on each connection what the relay passed on. Of those that had one port, one after the other, it tells the last.</summary>
    private static async Task AssertCountedAsync(ElasticsearchServer elasticsearch, IReadOnlyList<RelayedConnection> connections)
    {
        ConnectionCounts counts = await elasticsearch.CountsAsync();
        foreach (RelayedConnection connection in connections.GroupBy(static connection => connection.Port).Select(static same => same.Last()).Where(static last => last.Passed > 0))
        {
            Assert.Equal(connection.Passed, counts.RequestsByPort[connection.Port]);
        }
    }

    /// <summary>Clients with a view each, which pause, and leave, as it comes.</summary>
    private static async Task<int> CrowdAsync(GatewayProcess gateway)
    {
        int next = 0;
        int left = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is int number && number <= _requests)
            {
                var random = new Random(unchecked(_seed + (number * 16777619)));
                using var leaving = new CancellationTokenSource();
                if (random.Next(20) == 0)
                {
                    leaving.CancelAfter(random.Next(0, 6));
                }

                try
                {
                    using HttpResponseMessage answer = await gateway.Client.GetAsync(client == 0 ? "/" : $"/view/{client}", leaving.Token);
                    await Task.Delay(random.Next(4) == 0 ? random.Next(20) : 0);
                }
                catch (OperationCanceledException) when (leaving.IsCancellationRequested)
                {
                    Interlocked.Increment(ref left);
                }
            }
        })));
        return left;
    }

    /// <summary>A view for each client, so that no two requests at once are for the same.</summary>
    private static IEnumerable<string> Views() => Enumerable.Range(1, Clients - 1).SelectMany(static client =>
        new[] { $"--Views:v{client}:Path=/view/{client}", $"--Views:v{client}:Elasticsearch=GET /" }).Prepend("--Views:info:SingleFlight=false");

    private static (string Id, long Use) Place(Span call) => (call["loopgate.connection.id"]!, call.Attributes["loopgate.connection.use"].GetInt64());

    private static int Attempts(Span call) => call.Attributes["loopgate.connection.attempts"].GetInt32();

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}

using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What Jaeger has where only a part of the requests is sampled.</summary>
public sealed class JaegerSamplingTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string ConnectionId = "loopgate.connection.id";

    [Fact]
    public async Task With_a_sampler_no_link_dangles_and_no_setup_is_there_that_nothing_links_to()
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn);
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25"), .. jaeger.Exporting("grpc")],
            [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={elasticsearch.Address}", "--Views:info:SingleFlight=false"]);
        await Load.AtOnceAsync(gateway.Address, "/sync", 100, connections: 4);
        await Load.AtOnceAsync(gateway.Address, "/", 100, connections: 4);

        // A span ends shortly after its client has the answer, so what is linked to may still grow.
        IReadOnlyList<JaegerSpan> sampled = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                sampled = await SampledAsync(gateway, jaeger);
                return LinkedBy(sampled).Order().SequenceEqual(await SetupsAsync(jaeger, sampled));
            },
            "the setups in Jaeger to be those that a link leads to, and no other");
        Output.WriteLine($"{sampled.Count} spans of sampled requests, {LinkedBy(sampled).Count()} connections");
        Assert.InRange(sampled.Count(static span => span.Kind == "server"), 10, 150);
        Assert.NotEmpty(LinkedBy(sampled));
    }

    private static IEnumerable<string> LinkedBy(IReadOnlyList<JaegerSpan> spans) =>
        spans.SelectMany(static span => span.Links).Select(static link => link.SpanId).Distinct();

    private static async Task<IReadOnlyList<JaegerSpan>> SampledAsync(GatewayProcess gateway, JaegerServer jaeger)
    {
        List<JaegerSpan> sampled = [];
        foreach (Span[] trace in await gateway.TracesAsync(1))
        {
            sampled.AddRange(await jaeger.FindAsync(trace[0].TraceId));
        }

        return sampled;
    }

    /// <summary>The setups of this gateway's connections; the first part of a connection's id is the process's.</summary>
    private static async Task<IEnumerable<string>> SetupsAsync(JaegerServer jaeger, IReadOnlyList<JaegerSpan> sampled)
    {
        string process = sampled.First(static span => span.Tags.ContainsKey(ConnectionId)).Tags[ConnectionId].Split('.')[0] + ".";
        string[] peers = ["elasticsearch", "legacy"];
        IReadOnlyList<IReadOnlyList<JaegerSpan>>[] found = await Task.WhenAll(peers.Select(peer => jaeger.SearchAsync("loopgate.connection.peer", peer)));
        return found.SelectMany(static traces => traces).SelectMany(static trace => trace)
            .Where(span => span.Tags[ConnectionId].StartsWith(process, StringComparison.Ordinal))
            .Select(static span => span.SpanId)
            .Order();
    }
}

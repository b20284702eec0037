using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What an engineer finds in Jaeger, through its query API.</summary>
public sealed class JaegerTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string ConnectionId = "loopgate.connection.id";

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_request_is_a_tree_of_server_operation_and_call(string protocol)
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await StartAsync(jaeger, protocol, Loopback.Nowhere);
        await Load.InARowAsync(gateway.Client, "/", 2);
        Span[] second = (await gateway.TracesAsync(2))[1];

        IReadOnlyList<JaegerSpan> spans = await jaeger.FindAsync(second[0].TraceId);

        Assert.Equal(3, spans.Count);
        JaegerSpan server = Assert.Single(spans, static span => span.Kind == "server");
        JaegerSpan operation = Assert.Single(spans, static span => span.Name == "info");
        JaegerSpan call = Assert.Single(spans, static span => span.Name == "GET");
        Assert.Equal(("GET /", null), (server.Name, server.ParentId));
        Assert.Equal(("client", server.SpanId), (operation.Kind, operation.ParentId));
        Assert.Equal(("client", operation.SpanId), (call.Kind, call.ParentId));
        Assert.Equal("elasticsearch", server.Tags["loopgate.served_by"]);
        Assert.Equal("elasticsearch", operation.Tags["db.system.name"]);
        Assert.Equal(("true", "2"), (call.Tags["loopgate.connection.reused"], call.Tags["loopgate.connection.use"]));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_search_for_a_connection_finds_its_setup_and_the_requests_that_rode_on_it(string protocol)
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await StartAsync(jaeger, protocol, Loopback.Nowhere);
        await Load.AtOnceAsync(gateway.Address, "/", 40, connections: 4);
        IReadOnlyList<Span[]> traces = await gateway.TracesAsync(40);
        foreach (Span[] trace in traces)
        {
            await jaeger.FindAsync(trace[0].TraceId);
        }

        foreach (var connection in traces.SelectMany(static trace => trace).Where(static span => span.IsHttpCall).GroupBy(static span => span[ConnectionId]!))
        {
            IReadOnlyList<JaegerSpan> found = [.. (await jaeger.SearchAsync(ConnectionId, connection.Key)).SelectMany(static trace => trace)];

            JaegerSpan[] named = [.. found.Where(span => span.Tags.GetValueOrDefault(ConnectionId) == connection.Key)];
            JaegerSpan setup = Assert.Single(named, static span => span.Name.StartsWith("HTTP connection_setup", StringComparison.Ordinal));
            JaegerSpan[] calls = [.. named.Where(span => span != setup)];
            Assert.Equal(connection.Select(static span => span.SpanId).Order(), calls.Select(static span => span.SpanId).Order());
            Assert.All(calls, call => Assert.Contains((setup.TraceId, setup.SpanId), call.Links));
            Assert.All(found.SelectMany(static span => span.Links), link => Assert.Equal((setup.TraceId, setup.SpanId), link));
        }
    }

    [Fact]
    public async Task A_request_that_shared_a_call_links_to_the_call_that_served_it()
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await StartAsync(jaeger, "grpc", Loopback.Nowhere);
        // Sharing needs two requests at the same moment: as many rounds as it takes.
        await Eventually.HoldsAsync(
            async () =>
            {
                await Load.AtOnceAsync(gateway.Address, "/", 50);
                return (await gateway.TracesAsync(50)).Any(static trace => trace.Any(static span => span["loopgate.call.shared"] == "true"));
            },
            "a request to share a call");
        Span[] sharing = [.. (await gateway.TracesAsync(50)).Select(static trace => trace.Single(static span => span.IsServer)).Where(static span => span["loopgate.call.shared"] == "true")];

        foreach (Span request in sharing)
        {
            JaegerSpan server = Assert.Single(await jaeger.FindAsync(request.TraceId));
            (string TraceId, string SpanId) link = Assert.Single(server.Links);
            JaegerSpan call = Assert.Single(await jaeger.FindAsync(link.TraceId), span => span.SpanId == link.SpanId);
            Assert.Equal(("info", "client"), (call.Name, call.Kind));
        }

        Output.WriteLine($"{sharing.Length} requests shared a call");
        Assert.NotEmpty(await jaeger.SearchAsync("loopgate.call.shared", "true"));
    }

    [Fact]
    public async Task A_proxied_request_has_one_server_span_and_one_call()
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn);
        GatewayProcess gateway = await StartAsync(jaeger, "grpc", app.Address);
        await Load.InARowAsync(gateway.Client, "/status/418", 1);

        IReadOnlyList<JaegerSpan> spans = await jaeger.FindAsync(Assert.Single(await gateway.TracesAsync(1))[0].TraceId);

        JaegerSpan server = Assert.Single(spans, static span => span.Kind == "server");
        JaegerSpan call = Assert.Single(spans, static span => span.Kind == "client");
        Assert.Equal(("GET /{**rest}", null, "legacy"), (server.Name, server.ParentId, server.Tags["loopgate.served_by"]));
        Assert.Equal(("GET", server.SpanId), (call.Name, call.ParentId));
        Assert.All(spans.Except([server, call]), static span => Assert.StartsWith("HTTP wait_for_connection", span.Name, StringComparison.Ordinal));
        Assert.Equal(("418", "418"), (server.Tags["http.response.status_code"], call.Tags["http.response.status_code"]));
    }

    [Fact]
    public async Task A_trace_can_be_read_by_people()
    {
        Parts.Need("python", "elasticsearch", "jaeger");
        JaegerServer jaeger = await Servers.JaegerAsync();
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn);
        GatewayProcess gateway = await StartAsync(jaeger, "grpc", app.Address);
        await Load.InARowAsync(gateway.Client, "/", 5);
        await Load.InARowAsync(gateway.Client, "/async-sleep?ms=20", 2);
        IReadOnlyList<Span[]> traces = await gateway.TracesAsync(7);

        string first = await TextAsync(jaeger, traces[0][0].TraceId);
        string fifth = await TextAsync(jaeger, traces[4][0].TraceId);
        string view = await TextAsync(jaeger, traces[6][0].TraceId);

        Assert.Contains("loopgate.connection.use = 1\n", first, StringComparison.Ordinal);
        Assert.Contains("loopgate.connection.use = 5\n", fifth, StringComparison.Ordinal);
        Assert.Contains("loopgate.loop.reused = false\n", view, StringComparison.Ordinal);
        Assert.Contains("loopgate.connection.reused = false\n", view, StringComparison.Ordinal);
    }

    private async Task<string> TextAsync(JaegerServer jaeger, string traceId)
    {
        IReadOnlyList<JaegerSpan> spans = await jaeger.FindAsync(traceId);
        List<JaegerSpan> linked = [];
        foreach ((string target, string _) in spans.SelectMany(static span => span.Links))
        {
            linked.AddRange(await jaeger.FindAsync(target));
        }

        string text = TraceText.Of(spans, linked);
        Output.WriteLine(text);
        return text;
    }

    private async Task<GatewayProcess> StartAsync(JaegerServer jaeger, string protocol, Uri app)
    {
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        return await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, .. jaeger.Exporting(protocol)],
            [$"--Legacy:Address={app}", $"--Elasticsearch:Nodes:0={elasticsearch.Address}"]);
    }
}

using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>An app under OpenTelemetry's own instrumentation, beside the gateway in one Jaeger.</summary>
public sealed class AppTraceTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Service = "shop";
    private const string ForeignTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string ForeignSpan = "b7ad6b7169203331";

    [Theory]
    [InlineData("opentelemetry-instrument gunicorn -w 1 -b 127.0.0.1:0 flask_app:app", "GET /loop")]
    [InlineData("opentelemetry-instrument gunicorn -w 1 -b 127.0.0.1:0 django_app:application", "GET loop")]
    [InlineData("opentelemetry-instrument uvicorn --port 0 fastapi_app:app", "GET /loop")]
    [InlineData("opentelemetry-instrument hypercorn -b 127.0.0.1:0 quart_app:app", "GET /loop")]
    public async Task The_apps_spans_hang_under_the_gateways_call(string command, string name)
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await StartAsync(jaeger, command);
        await Load.InARowAsync(gateway.Client, "/loop", 1);

        IReadOnlyList<JaegerSpan> spans = await TraceAsync(jaeger, gateway);

        AssertHangsTogether(spans, name);
    }

    [Fact]
    public async Task The_apps_spans_are_in_the_gateways_trace_where_a_stranger_sent_another()
    {
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await StartAsync(jaeger, "opentelemetry-instrument gunicorn -w 1 -b 127.0.0.1:0 flask_app:app");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/loop") { Headers = { { "traceparent", $"00-{ForeignTrace}-{ForeignSpan}-01" } } };
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);

        IReadOnlyList<JaegerSpan> spans = await TraceAsync(jaeger, gateway);

        AssertHangsTogether(spans, "GET /loop");
        Assert.NotEqual(ForeignTrace, spans[0].TraceId);
        Assert.Equal([(ForeignTrace, ForeignSpan)], spans.Single(static span => span.ParentId is null).Links);
        Assert.Empty(await jaeger.TraceAsync(ForeignTrace));
    }

    /// <summary>Server → call → the app's server: one trace of two services.</summary>
    private static void AssertHangsTogether(IReadOnlyList<JaegerSpan> spans, string name)
    {
        JaegerSpan root = Assert.Single(spans, static span => span.ParentId is null);
        JaegerSpan call = Assert.Single(spans, static span => span.Kind == "client");
        JaegerSpan app = Assert.Single(spans, static span => span.Kind == "server" && span.Service == Service);
        Assert.Equal(("GET /{**rest}", "server", "loopgate"), (root.Name, root.Kind, root.Service));
        Assert.Equal((root.SpanId, "loopgate", "System.Net.Http"), (call.ParentId, call.Service, call.Tags["otel.scope.name"]));
        Assert.Equal((call.SpanId, name), (app.ParentId, app.Name));
        Assert.Single(spans.Select(static span => span.TraceId).Distinct());
        Assert.Equal(["loopgate", Service], spans.Select(static span => span.Service).Distinct().Order(StringComparer.Ordinal));
    }

    private async Task<IReadOnlyList<JaegerSpan>> TraceAsync(JaegerServer jaeger, GatewayProcess gateway)
    {
        string traceId = Assert.Single(await gateway.TracesAsync(1))[0].TraceId;
        IReadOnlyList<JaegerSpan> spans = await jaeger.FindAsync(traceId, Service);
        Output.WriteLine(TraceText.Of(spans, []));
        return spans;
    }

    private async Task<GatewayProcess> StartAsync(JaegerServer jaeger, string command)
    {
        PythonApp app = await PythonApp.StartAsync(
            Processes,
            command,
            environment:
            [
                .. jaeger.Exporting("http/protobuf"),
                ("OTEL_SERVICE_NAME", Service), ("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"),
                ("OTEL_ASGI", "1"), // the apps' own variable: Quart has no instrumentation of its own and takes the one for ASGI
            ]);
        return await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, .. jaeger.Exporting("grpc")],
            [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={Loopback.Nowhere}"]);
    }
}

using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>Whose trace a request belongs to, and what the app is told of it.</summary>
public sealed class TraceContextTests
{
    private const string CallersTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string CallersSpan = "b7ad6b7169203331";
    private const string CallersFields =
        $"traceparent: 00-{CallersTrace}-{CallersSpan}-01\r\ntracestate: vendor=callers\r\nbaggage: user=callers\r\nRequest-Id: |callers.1.\r\nCorrelation-Context: user=callers\r\n";

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    [InlineData("::1")]
    public async Task The_context_of_a_caller_that_is_not_trusted_ends_at_the_gateway(string? trusted)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(app, trusted);

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{CallersFields}\r\n");

        TraceOfOne trace = await gateway.TraceAsync();
        Assert.NotEqual(CallersTrace, Text(trace.Server, "traceId"));
        Assert.Null(Text(trace.Server, "parentSpanId"));
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.DoesNotContain("callers", request.Head, StringComparison.Ordinal);
        Assert.DoesNotContain(CallersTrace, request.Head, StringComparison.Ordinal);
        AppSeesItsCall(trace, request);
    }

    [Theory]
    [InlineData("127.0.0.0/8")]
    [InlineData("127.0.0.1")]
    public async Task The_context_of_a_trusted_caller_is_adopted(string trusted)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(app, trusted);

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{CallersFields}\r\n");

        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(CallersTrace, Text(trace.Server, "traceId"));
        Assert.Equal(CallersSpan, Text(trace.Server, "parentSpanId"));
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal("vendor=callers", request.Field("tracestate"));
        AppSeesItsCall(trace, request);
    }

    [Fact]
    public async Task The_cluster_of_Elasticsearch_sees_our_call_and_nothing_of_the_callers()
    {
        await using ScriptedServer node = ScriptedNode.Start();
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Elasticsearch:Nodes:0", node.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"GET / HTTP/1.1\r\nHost: h\r\n{CallersFields}Cookie: callers\r\n\r\n");

        TraceOfOne trace = await gateway.TraceAsync();
        ScriptedRequest request = Assert.Single(node.Requests);
        Assert.DoesNotContain("callers", request.Head, StringComparison.Ordinal);
        AppSeesItsCall(trace, request);
    }

    [Theory]
    [MemberData(nameof(OddFields))]
    public async Task Odd_trace_fields_do_no_harm(string fields, bool isTrusted)
    {
        await using ScriptedServer app = App();
        await using GatewayHost gateway = await StartAsync(app, isTrusted ? "127.0.0.0/8" : null);

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{fields}\r\n");

        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        TraceOfOne trace = await gateway.TraceAsync();
        AppSeesItsCall(trace, Assert.Single(app.Requests));
        Assert.Null(Text(trace.Server, "parentSpanId"));
    }

    public static TheoryData<string, bool> OddFields()
    {
        string[] odd =
        [
            "traceparent: \r\n",
            "traceparent: garbage\r\n",
            "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n",
            $"traceparent: 00-{CallersTrace}-0000000000000000-01\r\n",
            $"traceparent: ff-{CallersTrace}-{CallersSpan}-01\r\n",
            $"traceparent: 00-{CallersTrace.ToUpperInvariant()}-{CallersSpan}-01\r\n",
            $"traceparent: 00-{CallersTrace}-{CallersSpan}\r\n",
            $"traceparent: 00-{CallersTrace}-{CallersSpan}-01\r\ntraceparent: 00-{CallersTrace}-{CallersSpan}-01\r\n",
            $"traceparent: {new string('0', 10_000)}\r\n",
            $"tracestate: {new string('x', 10_000)}\r\nbaggage: {new string('y', 10_000)}\r\n",
            $"baggage: user={new string('%', 5_000)}\r\nbaggage: ,,;;==\r\n",
            "Request-Id: garbage\r\n",
        ];
        return [.. odd.Select(static fields => (fields, false)), .. odd.Select(static fields => (fields, true))];
    }

    private static ScriptedServer App() => ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

    private static Task<GatewayHost> StartAsync(ScriptedServer app, string? trusted) =>
        GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:TrustedCallers:0", trusted ?? ""));

    private static void AppSeesItsCall(TraceOfOne trace, ScriptedRequest request) =>
        Assert.Equal($"00-{Text(trace.Server, "traceId")}-{Text(Assert.Single(trace.HttpCalls), "spanId")}-01", request.Field("traceparent"));

    private static string? Text(JsonElement span, string name) => span.GetProperty(name).GetString();
}

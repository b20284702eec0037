using System.Diagnostics;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>The trace of a caller who is not trusted is linked to, and one that is not well-formed is forgotten.</summary>
public sealed class CallerTraceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string TraceParent = $"traceparent: 00-{TraceId}-b7ad6b7169203331-01\r\n";

    [Theory]
    [InlineData(TraceParent, true)]
    [InlineData("", false)]
    [InlineData(TraceParent + TraceParent, false)]
    [InlineData("traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n", false)]
    [InlineData($"traceparent: 00-{TraceId}-b7ad6b7169203331-01-and-more\r\n", false)]
    public async Task A_well_formed_traceparent_of_anybody_is_linked_to_and_not_joined(string fields, bool linked)
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{fields}\r\n");

        await gateway.StopAsync();
        Activity server = Assert.Single(gateway.Exported, static span => span.Kind == ActivityKind.Server);
        Assert.NotEqual(TraceId, server.TraceId.ToHexString());
        Assert.Equal(linked ? [TraceId] : [], server.Links.Select(static link => link.Context.TraceId.ToHexString()));
    }

    [Fact]
    public async Task Baggage_ends_at_the_gateway_whoever_the_caller_is()
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:TrustedCallers:0", "127.0.0.0/8"));

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{TraceParent}baggage: user=callers\r\n\r\n");

        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Null(request.Field("baggage"));
        Assert.Contains(TraceId, request.Head, StringComparison.Ordinal);
    }
}

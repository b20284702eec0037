using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>The app's loop report on its way through the gateway.</summary>
public sealed class LoopReportFieldTests
{
    private static readonly string[] _names = ["id", "use", "reused", "count", "error", "dead"];

    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("X-Loop: id=9f3c21aa.17;use=1\r\n", "9f3c21aa.17", "1", "False", null, null, null)]
    [InlineData("X-Loop: id=77e0b1c4.1;use=812\r\n", "77e0b1c4.1", "812", "True", null, null, null)]
    [InlineData("x-loop: id=a.18;use=1, id=a.19;use=1\r\n", "a.18", "1", "False", "2", null, null)]
    [InlineData("X-Loop: id=a.18;use=1\r\nX-Loop: id=a.19;use=1\r\n", "a.18", "1", "False", "2", null, null)]
    [InlineData("X-Loop: id=a.20;use=1;error=\"Event loop is closed\";dead=a.1\r\n", "a.20", "1", "False", null, "Event loop is closed", "a.1")]
    [InlineData("X-Loop: id=none;error=\"from a running event loop\"\r\n", null, null, null, null, "from a running event loop", null)]
    [InlineData("X-Loop: garbage\r\n", null, null, null, null, null, null)]
    [InlineData("X-Loop: \r\n", null, null, null, null, null, null)]
    [InlineData("", null, null, null, null, null, null)]
    public async Task A_report_is_on_the_Server_span_and_not_in_the_answer(
        string field, string? id, string? use, string? reused, string? count, string? error, string? dead)
    {
        await using var app = Reporting(field);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Empty(answer.Fields("X-Loop"));
        Assert.Equal("1", answer.Field("X-Other"));
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(
            [id, use, reused, count, error, dead],
            _names.Select(name => TraceOfOne.Attribute(trace.Server, $"loopgate.loop.{name}")));
    }

    [Fact]
    public async Task A_report_stays_in_the_answer_where_the_setting_says_so()
    {
        await using var app = Reporting("X-Loop: id=a.1;use=1\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:LoopReports", "false"));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.Equal("id=a.1;use=1", answer.Field("X-Loop"));
        Assert.Null(TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "loopgate.loop.id"));
    }

    private static ScriptedServer Reporting(string field) => ScriptedServer.Always($"HTTP/1.1 200 OK\r\nX-Other: 1\r\n{field}Content-Length: 0\r\n\r\n");
}

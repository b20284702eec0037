using Gateway.Tests.Hosting;

namespace Gateway.Tests.Protocols;

/// <summary>Over HTTP/2 no line ends a target, so that it may hold what would be another request line over HTTP/1.1.</summary>
public sealed class Http2TargetTests
{
    [Theory]
    [InlineData("/admin ")]
    [InlineData("/admin HTTP/1.0")]
    [InlineData("/a b")]
    [InlineData("/a\tb")]
    [InlineData("/a\vb")]
    [InlineData("/a\u001bb")]
    [InlineData("/a\u007fb")]
    [InlineData("/a\u00e9b")]
    [InlineData("/a?b c")]
    [InlineData("/a?b\tc")]
    public async Task One_that_is_not_printable_is_refused_and_never_reaches_the_app(string target)
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Http2Frame.Preface);
        await client.SendAsync(Http2Frame.Of(Http2Frame.Headers, Http2Frame.EndsStreamAndHeaders, 1, Http2Frame.Get(target)));
        await Eventually.Holds(() => measured.Counted.Count > 0, "the request to be refused");

        Assert.Equal(["loopgate.failures{error.type=target_refused}"], measured.Counted);
        await client.SendAsync(Http2Frame.Of(Http2Frame.Headers, Http2Frame.EndsStreamAndHeaders, 3, Http2Frame.Get("/served")));
        await Eventually.Holds(() => app.Requests.Count > 0, "the next request of the connection to be served");
        Assert.Equal("/served", Assert.Single(app.Requests).Target);
    }
}

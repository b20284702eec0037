using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Fields that <c>Connection</c> names are for one hop.</summary>
public sealed class HopFieldsTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("X-Hop")]
    [InlineData("x-hop\nConnection: X-Other")]
    [InlineData("X-Other, X-HOP ,")]
    public async Task A_field_of_the_request_that_Connection_names_ends_here(string connection)
    {
        ScriptedRequest request = await SendAsync($"GET /a HTTP/1.1\nHost: h\nConnection: {connection}\nX-Hop: secret\nX-End: kept\n\n");

        Assert.Null(request.Field("X-Hop"));
        Assert.Equal("kept", request.Field("X-End"));
    }

    [Fact]
    public async Task Connection_cannot_take_off_what_the_gateway_says_nor_what_frames_the_message()
    {
        ScriptedRequest request = await SendAsync(
            "POST /a HTTP/1.1\nHost: h\nConnection: X-Forwarded-For, Host, Content-Length, Content-Type\nContent-Type: text/plain\nContent-Length: 4\n\nbody");

        Assert.Equal("127.0.0.1", request.Field("X-Forwarded-For"));
        Assert.Equal("h", request.Field("Host"));
        Assert.Equal("text/plain", request.Field("Content-Type"));
        Assert.Equal("body"u8, request.Body);
    }

    [Fact]
    public async Task A_field_of_the_answer_that_Connection_names_ends_here()
    {
        RawAnswer answer = await AnswerAsync("Connection: keep-alive, X-Hop\r\nX-Hop: secret\r\nX-End: kept\r\n");

        Assert.Null(answer.Field("X-Hop"));
        Assert.Equal("kept", answer.Field("X-End"));
        Assert.True(answer.IsWhole);
    }

    private static async Task<ScriptedRequest> SendAsync(string request)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, request.ReplaceLineEndings("\r\n"))).Status);
        return Assert.Single(app.Requests);
    }

    private static async Task<RawAnswer> AnswerAsync(string fields)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        return await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}

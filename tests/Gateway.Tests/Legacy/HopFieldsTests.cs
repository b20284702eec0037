using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>Fields that <c>Connection</c> names are for one hop; those of a request stand in the catalogue, <see cref="Wire.WireTests"/>.</summary>
public sealed class HopFieldsTests
{
    [Fact]
    public async Task A_field_of_the_answer_that_Connection_names_ends_here()
    {
        RawAnswer answer = await AnswerAsync("Connection: keep-alive, X-Hop\r\nX-Hop: secret\r\nX-End: kept\r\n");

        Assert.Null(answer.Field("X-Hop"));
        Assert.Equal("kept", answer.Field("X-End"));
        Assert.True(answer.IsWhole);
    }

    private static async Task<RawAnswer> AnswerAsync(string fields)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        return await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}

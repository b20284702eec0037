using Gateway.Tests.Hosting;

namespace Gateway.Tests.Protocols;

/// <summary>Over HTTP/2 a client may give up an upload and keep its connection.</summary>
public sealed class Http2UploadTests
{
    private const int Connections = 10;
    private const int Uploads = 20;

    [Fact]
    public async Task One_that_its_client_resets_is_counted_as_a_client_that_left_however_far_it_had_come()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));

        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async number =>
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync(Http2Frame.Preface);
            for (int i = 0; i < Uploads; i++)
            {
                int stream = (2 * i) + 1;
                await client.SendAsync(Http2Frame.Of(Http2Frame.Headers, Http2Frame.EndsHeaders, stream, Http2Frame.Post("/upload")));
                await client.SendAsync(Http2Frame.Of(Http2Frame.Data, 0, stream, new byte[4_000]));
                await Task.Delay((number + i) % 4);
                await client.SendAsync(Http2Frame.Of(Http2Frame.ResetStream, 0, stream, [0, 0, 0, 8]));
            }

            await Eventually.Holds(() => measured.Counted.Count > 0, "one to be counted");
        }));

        await Eventually.Holds(() => app.Connections.All(static connection => connection.ClientLeft.IsCompleted), "the app to be let go");
        Assert.Equal(["loopgate.failures{error.type=client_left}"], measured.Counted.Distinct());
    }
}

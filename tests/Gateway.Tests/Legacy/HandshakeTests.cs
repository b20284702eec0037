using System.Net;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>A WebSocket comes about only where both sides have said what its protocol asks of them.</summary>
public sealed class HandshakeTests
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    private const string Key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private const string Version = "Sec-WebSocket-Version: 13\r\n";
    private const string Accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

    [Theory]
    [InlineData("GET", Upgrade + Version, 400, "handshake_refused")]
    [InlineData("GET", Upgrade + Version + "Sec-WebSocket-Key: short\r\n", 400, "handshake_refused")]
    [InlineData("GET", Upgrade + Version + "Sec-WebSocket-Key: AAAA\r\n", 400, "handshake_refused")]
    [InlineData("GET", Upgrade + Version + Key + Key, 400, "handshake_refused")]
    [InlineData("PUT", Upgrade + Version + Key, 400, "handshake_refused")]
    [InlineData("GET", Upgrade + Key, 426, "websocket_version_unknown")]
    [InlineData("GET", Upgrade + Key + "Sec-WebSocket-Version: 8\r\n", 426, "websocket_version_unknown")]
    public async Task A_handshake_that_is_not_one_is_refused_and_never_reaches_the_app(string method, string fields, int status, string reason)
    {
        await using var app = ScriptedServer.Always(Switching + Accept + "\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} /ws HTTP/1.1\r\nHost: h\r\n{fields}\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 426 ? "13" : null, answer.Field("Sec-WebSocket-Version"));
        Assert.Empty(app.Requests);
        Assert.Equal(reason, TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
    }

    [Fact]
    public async Task HTTP_1_0_knows_no_upgrade_and_is_served_without_it()
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"GET /ws HTTP/1.0\r\nHost: h\r\n{Upgrade}{Version}{Key}\r\n");

        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        Assert.Null(Assert.Single(app.Requests).Field("Upgrade"));
    }

    [Theory]
    [InlineData(Upgrade + Version + Key, Switching + Accept, 101)]
    [InlineData(Upgrade + Version + Key, Switching, 502)]
    [InlineData(Upgrade + Version + Key, Switching + "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n", 502)]
    [InlineData(Upgrade + Version + Key, "HTTP/1.1 101 Switching Protocols\r\nconnection: keep-alive, upgrade\r\nupgrade: WebSocket\r\n" + Accept, 101)]
    [InlineData(Upgrade + Version + Key, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + Accept, 502)]
    [InlineData(Upgrade + Version + Key, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + Accept, 502)]
    [InlineData(Upgrade + Version + Key, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" + Accept, 502)]
    [InlineData(Upgrade + Version + Key, Switching + Accept + "Content-Length: 5\r\n", 101)]
    [InlineData("", Switching + Accept, 502)]
    [InlineData("", "HTTP/1.1 101 Switching Protocols\r\n", 502)]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n", 502)]
    public async Task An_app_that_switches_was_asked_and_proves_that_it_has_read_the_key(string fields, string sent, int status)
    {
        await using var app = ScriptedServer.Always(sent + "\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"GET /ws HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        RawAnswer answer = await client.ReadAnswerAsync();

        Assert.Equal(status, answer.Status);
        Assert.Single(app.Requests);
        if (status == 502)
        {
            await FailureTests.ServerSpanTellsAsync(gateway, "app_broken", "502");
            await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_switch_that_nobody_asked_for_is_no_answer_to_a_request_with_a_body_either(bool sendsItAll)
    {
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(Switching + "\r\n");
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{(sendsItAll ? "123456789" : "1234")}");
        RawAnswer answer = await client.ReadAnswerAsync();

        Assert.Equal(502, answer.Status);
        await FailureTests.ServerSpanTellsAsync(gateway, "app_broken", "502");
    }

    [Theory]
    [InlineData("13", "200 OK", 502, "app_broken")]
    [InlineData("13", "204 No Content", 502, "app_broken")]
    [InlineData("13", "404 Not Found", 404, null)]
    [InlineData("13", "302 Found", 302, null)]
    [InlineData("8", null, 426, "websocket_version_unknown")]
    [InlineData(null, null, 426, "websocket_version_unknown")]
    public async Task Over_HTTP2_the_same_is_asked_of_both_sides(string? version, string? answered, int status, string? reason)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 {answered}\r\nContent-Length: {(answered?[0] == '2' ? 0 : 2)}\r\n\r\n{(answered?[0] == '2' ? "" : "no")}");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var request = new HttpRequestMessage(HttpMethod.Connect, "/ws") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = "websocket";
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", version);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "of no use here");

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(answered is null ? 0 : 1, app.Requests.Count);
        Assert.All(app.Requests, static sent => Assert.Equal(24, sent.Field("Sec-WebSocket-Key")!.Length));
        Assert.Equal(answered is null ? ["13"] : [], answer.Headers.TryGetValues("Sec-WebSocket-Version", out IEnumerable<string>? spoken) ? spoken : []);
        Assert.Equal(reason, TraceOfOne.Attribute((await gateway.TraceAsync()).Server, "error.type"));
    }

    [Theory]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n" + Switching + Accept + "\r\n", "")]
    [InlineData("HTTP/1", ".1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + Accept + "\r\n")]
    public async Task What_follows_a_switch_is_never_taken_for_HTTP_however_its_head_arrived(string head, string rest)
    {
        const string Message = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(head);
            await connection.IsReadAsync();
            await connection.SendAsync(rest);
            await connection.ReadAsync(4);
            await connection.SendAsync(Message);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"GET /ws HTTP/1.1\r\nHost: h\r\n{Upgrade}{Version}{Key}\r\n");
        Assert.Equal(101, (await client.ReadAnswerAsync()).Status);
        await client.SendAsync("ping");

        Assert.Equal(Message, await client.ReadUntilAsync(Message));
        Assert.True(await client.IsClosedAsync());
        Assert.DoesNotContain(gateway.Log, static entry => entry.Id == 600);
    }
}

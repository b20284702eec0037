using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Protocols;

/// <summary>What streams, over both protocols: server-sent events, and WebSockets.</summary>
public sealed class StreamTests
{
    [Theory]
    [InlineData("Http1", "1.1")]
    [InlineData("Http2", "2.0")]
    public async Task An_event_reaches_the_client_before_the_app_sends_the_next(string protocols, string version)
    {
        var mayGoOn = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
            await connection.WaitAsync(mayGoOn.Task);
            await connection.SendAsync("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", protocols));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());

        Assert.Equal("data: 1", await events.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        mayGoOn.SetResult();
        Assert.Equal("\ndata: 2\n\n", await events.ReadToEndAsync());
    }

    [Fact]
    public async Task A_WebSocket_over_HTTP2_reaches_an_app_that_speaks_HTTP1_only()
    {
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http1, answer: static async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            var heard = new byte[1 << 16];
            for (ValueWebSocketReceiveResult part; (part = await socket.ReceiveAsync(heard.AsMemory(), context.RequestAborted)).MessageType != WebSocketMessageType.Close;)
            {
                await socket.SendAsync(heard.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });

        await socket.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/ws"), invoker, patience.Token);
        await socket.SendAsync("word"u8.ToArray(), WebSocketMessageType.Text, true, patience.Token);
        var echo = new byte[100];
        WebSocketReceiveResult result = await socket.ReceiveAsync(echo, patience.Token);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);

        Assert.Equal(("word", WebSocketMessageType.Text), (Encoding.UTF8.GetString(echo, 0, result.Count), result.MessageType));
        Assert.Equal("bye", socket.CloseStatusDescription);
        Assert.Equal("HTTP/1.1", app.Served["/ws"].Protocol);
    }

    [Fact]
    public async Task A_client_that_begins_HTTP2_on_a_port_of_HTTP1_is_told_so()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");

        // RFC 9113 §7: GOAWAY, which ends with HTTP_1_1_REQUIRED.
        string answer = await client.ReadUntilAsync("\u0007\0\0\0\0\0\0\0\0\0\0\0\u000d");
        Assert.EndsWith("\u000d", answer, StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
    }
}

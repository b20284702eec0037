using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Legacy;

/// <summary>What of the app's answer reaches the client, and how.</summary>
public sealed class AnswerTests
{
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("301 Moved Permanently", "http://127.0.0.1:8000/elsewhere")]
    [InlineData("302 Found", "/login?next=%2Fa")]
    [InlineData("307 Temporary Redirect", "//other.example/x")]
    public async Task A_redirect_is_the_clients_to_follow(string status, string location)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.StartsWith($"HTTP/1.1 {status}", answer.Head, StringComparison.Ordinal);
        Assert.Equal(location, answer.Field("Location"));
        Assert.Single(app.Requests);
    }

    [Theory]
    [InlineData("HEAD", "200 OK", "Content-Length: 5\r\n", "5")]
    [InlineData("GET", "204 No Content", "", null)]
    [InlineData("GET", "304 Not Modified", "ETag: \"e\"\r\n", null)]
    public async Task An_answer_without_a_body_ends_with_its_head(string method, string status, string fields, string? length)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 {status}\r\n{fields}\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"{method} /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        RawAnswer answer = await client.ReadAnswerAsync(toHead: true);

        Assert.StartsWith($"HTTP/1.1 {status}", answer.Head, StringComparison.Ordinal);
        Assert.Equal(length, answer.Field("Content-Length"));
        Assert.Null(answer.Field("Transfer-Encoding"));
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_chunked_answer_reaches_the_client_chunk_by_chunk()
    {
        var firstSeen = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            await connection.WaitAsync(firstSeen.Task);
            await connection.SendAsync("4\r\nlast\r\n0\r\n\r\n");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Request);
        string head = await client.ReadUntilAsync("first\r\n");
        firstSeen.SetResult();

        Assert.Contains("Transfer-Encoding: chunked", head, StringComparison.Ordinal);
        Assert.EndsWith("4\r\nlast\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_carries_messages_both_ways_and_closes()
    {
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http1, answer: static async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols[0]);
            byte[] buffer = new byte[100];
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            while (received.MessageType != WebSocketMessageType.Close)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
                received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("chat");

        await client.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/ws"), patience.Token);
        foreach (string message in new[] { "one", "two" })
        {
            await client.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, patience.Token);
            byte[] buffer = new byte[100];
            WebSocketReceiveResult echo = await client.ReceiveAsync(buffer, patience.Token);
            Assert.Equal(message, Encoding.UTF8.GetString(buffer, 0, echo.Count));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        Assert.Equal("chat", client.SubProtocol);
        Assert.Equal("bye", client.CloseStatusDescription);
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("101", TraceOfOne.Attribute(trace.Server, "http.response.status_code"));
        Assert.Null(TraceOfOne.Attribute(trace.Server, "error.type"));
    }

    [Fact]
    public async Task An_app_that_refuses_a_WebSocket_is_heard()
    {
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http1, answer: static context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using var client = new ClientWebSocket();
        client.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => client.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/ws"), CancellationToken.None));

        Assert.Equal(HttpStatusCode.Forbidden, client.HttpStatusCode);
    }
}

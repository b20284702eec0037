using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What clients send reaches the app whole.</summary>
public sealed class AppBodyTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private static readonly byte[] _body = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7 / 3))];

    [Theory]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 django_app:application")]
    [InlineData(PythonApp.FlaskOnUvicorn)]
    [InlineData(PythonApp.FlaskOnGunicorn)]
    [InlineData(PythonApp.QuartOnUvicorn)]
    public async Task A_body_with_a_length_arrives_whole(string command)
    {
        GatewayProcess gateway = await StartAsync(command);
        using var content = new ByteArrayContent(_body);

        using HttpResponseMessage answer = await gateway.Client.PostAsync("/upload", content);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        JsonElement received = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(_body.Length, received.GetProperty("length").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_body)), received.GetProperty("sha256").GetString());
    }

    [Theory]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 django_app:application")]
    [InlineData(PythonApp.FlaskOnUvicorn)]
    public async Task A_body_in_chunks_arrives_whole_where_it_is_given_a_length_and_is_lost_where_it_is_not(string command)
    {
        PythonApp app = await PythonApp.StartAsync(Processes, command);
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, GatewayProcess.Production, [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={Loopback.Nowhere}", "--Legacy:BufferChunkedBodies=1000000"]);
        GatewayProcess plain = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);

        Assert.Equal((_body.Length, 0), (await ReceivedAsync(gateway), await ReceivedAsync(plain)));
    }

    [Fact]
    public async Task A_websocket_carries_text_and_bytes_both_ways()
    {
        GatewayProcess gateway = await StartAsync(PythonApp.QuartOnUvicorn);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/ws" }.Uri, limit.Token);

        (WebSocketMessageType Type, byte[] Bytes) text = await EchoAsync(socket, WebSocketMessageType.Text, "grüß dich"u8.ToArray(), limit.Token);
        (WebSocketMessageType Type, byte[] Bytes) bytes = await EchoAsync(socket, WebSocketMessageType.Binary, _body[..1000], limit.Token);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);

        Assert.Equal((WebSocketMessageType.Text, "grüß dich"), (text.Type, Encoding.UTF8.GetString(text.Bytes)));
        Assert.Equal(WebSocketMessageType.Binary, bytes.Type);
        Assert.Equal(_body[..1000], bytes.Bytes);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    /// <summary>How many bytes the app says that it has received of a body in chunks.</summary>
    private static async Task<int> ReceivedAsync(GatewayProcess gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = new ByteArrayContent(_body) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("length").GetInt32();
    }

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)> EchoAsync(
        ClientWebSocket socket, WebSocketMessageType type, byte[] message, CancellationToken cancellation)
    {
        await socket.SendAsync(message, type, endOfMessage: true, cancellation);
        var buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            length += part.Count;
            if (part.EndOfMessage)
            {
                return (part.MessageType, buffer[..length]);
            }
        }
    }

    private async Task<GatewayProcess> StartAsync(string command)
    {
        PythonApp app = await PythonApp.StartAsync(Processes, command);
        return await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
    }
}

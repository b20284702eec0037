using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>What of a request reaches the app, and how.</summary>
public sealed class RequestTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const int Megabyte = 1 << 20;
    private const int Part = 100_000;

    [Fact]
    public async Task A_target_in_absolute_form_arrives_as_its_path_where_the_guard_is_off_too()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Guard:Enabled", "false"));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "GET http://shop.example/a%2Fb HTTP/1.1\r\nHost: shop.example\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("/a%2Fb", Assert.Single(app.Requests).Target);
    }

    [Fact]
    public async Task The_path_of_the_apps_address_is_put_before_the_target()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", $"{app.Address.AbsoluteUri}below/"));

        await RawClient.ExchangeAsync(gateway.Address, "GET /a%2Fb?c HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal("/below/a%2Fb?c", Assert.Single(app.Requests).Target);
    }

    [Fact]
    public async Task What_a_browser_prefers_reaches_the_app()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\nUpgrade-Insecure-Requests: 1\r\n\r\n");

        Assert.Equal("1", Assert.Single(app.Requests).Field("Upgrade-Insecure-Requests"));
    }

    [Theory]
    [InlineData(null, "shop.example:81")]
    [InlineData("client", "shop.example:81")]
    [InlineData("app", null)]
    public async Task The_app_sees_the_Host_that_the_setting_says(string? setting, string? expected)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:Host", setting ?? ""));

        await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: shop.example:81\r\n\r\n");

        Assert.Equal(expected ?? app.Address.Authority, Assert.Single(app.Requests).Field("Host"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task The_method_arrives_as_it_was_sent(string method)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"{method} /a HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(method, Assert.Single(app.Requests).Method);
    }

    [Fact]
    public async Task A_body_with_a_length_keeps_it_and_its_bytes()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        byte[] body = RandomNumberGenerator.GetBytes(Megabyte);

        using HttpResponseMessage answer = await gateway.Client.PostAsync("/upload", new ByteArrayContent(body));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal("1048576", request.Field("Content-Length"));
        Assert.Null(request.Field("Transfer-Encoding"));
        Assert.Equal(body, request.Body);
    }

    [Fact]
    public async Task A_body_in_chunks_stays_in_chunks_and_keeps_its_bytes()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        byte[] body = RandomNumberGenerator.GetBytes(Megabyte);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/upload") { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = true;

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        ScriptedRequest arrived = Assert.Single(app.Requests);
        Assert.Equal("chunked", arrived.Field("Transfer-Encoding"));
        Assert.Null(arrived.Field("Content-Length"));
        Assert.Equal(body, arrived.Body);
    }

    [Theory]
    [InlineData("POST", "Content-Length: 0\r\n", "0", null)]
    [InlineData("DELETE", "Content-Length: 0\r\n", "0", null)]
    [InlineData("GET", "", null, null)]
    [InlineData("DELETE", "", null, null)]
    [InlineData("OPTIONS", "", null, null)]
    public async Task A_request_without_a_body_is_framed_as_it_came(string method, string framing, string? length, string? encoding)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"{method} /a HTTP/1.1\r\nHost: h\r\n{framing}\r\n");

        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal(length, request.Field("Content-Length"));
        Assert.Equal(encoding, request.Field("Transfer-Encoding"));
    }

    [Theory]
    [InlineData("caf\u00e9")]
    [InlineData("caf\u00c3\u00a9")]
    [InlineData("\u00f0\u009f\u0098\u0080\u00ff")]
    public async Task The_bytes_of_a_field_are_the_same_on_the_way_to_the_app_and_back(string value)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 200 OK\r\nX-Back: {value}\r\nContent-Disposition: {value}\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(
            gateway.Address, $"POST /a HTTP/1.1\r\nHost: h\r\nX-There: {value}\r\nContent-Disposition: {value}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((value, value), (answer.Field("X-Back"), answer.Field("Content-Disposition")));
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal((value, value), (request.Field("X-There"), request.Field("Content-Disposition")));
    }

    [Fact]
    public async Task The_app_gets_the_first_bytes_before_the_client_has_sent_the_last()
    {
        var firstArrived = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            byte[] first = await connection.ReadAsync(1000);
            firstArrived.SetResult();
            byte[] rest = await connection.ReadAsync(Megabyte - first.Length);
            await connection.SendAsync(rest.Length + first.Length == Megabyte ? Ok : "HTTP/1.1 400 Short\r\nContent-Length: 0\r\n\r\n");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: {Megabyte}\r\n\r\n");
        await client.SendAsync(new byte[Part]);
        await firstArrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await client.SendAsync(new byte[Megabyte - Part]);

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task A_small_first_piece_of_an_upload_is_not_held_back()
    {
        var firstArrived = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadAsync(4);
            firstArrived.SetResult();
            await connection.ReadAsync(4);
            await connection.SendAsync(Ok);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        await firstArrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await client.SendAsync("half");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_and_its_answer()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        string interim = await client.ReadUntilAsync("\r\n\r\n");
        await client.SendAsync("body");

        Assert.StartsWith("HTTP/1.1 100 ", interim, StringComparison.Ordinal);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("body", Encoding.Latin1.GetString(Assert.Single(app.Requests).Body));
    }
}

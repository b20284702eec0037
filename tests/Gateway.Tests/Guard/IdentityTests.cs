using Gateway.Tests.Hosting;

namespace Gateway.Tests.Guard;

/// <summary>Who the client is, as the app is told; and what of the app the client is told.</summary>
public sealed class IdentityTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private const string Posing =
        """
        GET /a HTTP/1.1
        Host: shop.example
        X-Forwarded-For: 6.6.6.6
        X-Forwarded-Proto: https
        X-Forwarded-Host: www.shop.example
        X-Forwarded-Prefix: /shop
        Forwarded: for=6.6.6.6;proto=https
        X-Real-IP: 6.6.6.6
        True-Client-IP: 6.6.6.6
        X-Original-URL: /admin
        X-HTTP-Method-Override: DELETE


        """;

    [Fact]
    public async Task What_a_client_says_of_itself_does_not_reach_the_app()
    {
        ScriptedRequest request = await SendAsync(Posing);

        Assert.Equal("127.0.0.1", request.Field("X-Forwarded-For"));
        Assert.Equal("http", request.Field("X-Forwarded-Proto"));
        Assert.Equal("shop.example", request.Field("X-Forwarded-Host"));
        Assert.All(
            ["X-Forwarded-Prefix", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Original-URL", "X-HTTP-Method-Override"],
            field => Assert.Null(request.Field(field)));
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_reaches_the_app_with_the_proxy_added()
    {
        ScriptedRequest request = await SendAsync(Posing, ("Guard:TrustedProxies:0", "127.0.0.0/8"));

        Assert.Equal("6.6.6.6, 127.0.0.1", request.Field("X-Forwarded-For"));
        Assert.Equal("https", request.Field("X-Forwarded-Proto"));
        Assert.Equal("www.shop.example", request.Field("X-Forwarded-Host"));
        Assert.Equal("/shop", request.Field("X-Forwarded-Prefix"));
        Assert.Equal("for=6.6.6.6;proto=https, for=127.0.0.1;proto=http;host=\"shop.example\"", request.Field("Forwarded"));
        Assert.Equal("6.6.6.6", request.Field("X-Real-IP"));
    }

    [Fact]
    public async Task A_trusted_proxy_that_says_nothing_leaves_it_to_the_gateway()
    {
        ScriptedRequest request = await SendAsync("GET /a HTTP/1.1\nHost: shop.example\n\n", ("Guard:TrustedProxies:0", "127.0.0.1"));

        Assert.Equal("127.0.0.1", request.Field("X-Forwarded-For"));
        Assert.Equal("http", request.Field("X-Forwarded-Proto"));
        Assert.Equal("shop.example", request.Field("X-Forwarded-Host"));
        Assert.Null(request.Field("Forwarded"));
    }

    [Fact]
    public async Task A_field_that_the_configuration_keeps_passes()
    {
        ScriptedRequest request = await SendAsync(Posing, ("Guard:KeepFields:0", "x-http-method-override"));

        Assert.Equal("DELETE", request.Field("X-HTTP-Method-Override"));
        Assert.Null(request.Field("X-Real-IP"));
    }

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

    [Theory]
    [InlineData("true", null, null)]
    [InlineData("false", "gunicorn", "Flask")]
    public async Task What_the_app_runs_on_leaves_only_where_it_may(string hide, string? server, string? powered)
    {
        RawAnswer answer = await AnswerAsync("Server: gunicorn\r\nX-Powered-By: Flask\r\n", ("Legacy:HideInternals", hide));

        Assert.Equal(server, answer.Field("Server"));
        Assert.Equal(powered, answer.Field("X-Powered-By"));
    }

    [Theory]
    [InlineData("{app}/next?a=http://x", "http://shop.example/next?a=http://x")]
    [InlineData("{app}", "http://shop.example")]
    [InlineData("/next", "/next")]
    [InlineData("//other.example/next", "//other.example/next")]
    [InlineData("https://login.example/?back=1", "https://login.example/?back=1")]
    public async Task A_redirect_to_the_apps_own_address_leads_to_the_clients_host(string location, string expected)
    {
        ScriptedServer? app = null;
        app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            string target = location.Replace("{app}", app!.Address.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal);
            await connection.SendAsync($"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        });
        await using ScriptedServer running = app;
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n");

        Assert.Equal(302, answer.Status);
        Assert.Equal(expected, answer.Field("Location"));
    }

    private static async Task<ScriptedRequest> SendAsync(string request, params (string, string)[] settings)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);
        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, request.ReplaceLineEndings("\r\n"))).Status);
        return Assert.Single(app.Requests);
    }

    private static async Task<RawAnswer> AnswerAsync(string fields, params (string, string)[] settings)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);
        return await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}

using Gateway.Tests.Hosting;

namespace Gateway.Tests.Guard;

/// <summary>Who the client is, as the app is told.</summary>
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

    private static async Task<ScriptedRequest> SendAsync(string request, params (string, string)[] settings)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);
        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, request.ReplaceLineEndings("\r\n"))).Status);
        return Assert.Single(app.Requests);
    }
}

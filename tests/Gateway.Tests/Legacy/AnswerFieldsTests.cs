using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>What of the app the client is told.</summary>
public sealed class AnswerFieldsTests
{
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
    [InlineData("http://127.1:{port}/login?next=http://x/", "http://shop.example/login?next=http://x/")]
    [InlineData("HTTP://127.0.0.1:0{port}?a", "http://shop.example?a")]
    [InlineData("http://user@127.0.0.1:{port}#a", "http://shop.example#a")]
    [InlineData("http://127.0.0.1:1/next", "http://127.0.0.1:1/next")]
    [InlineData("http:/127.0.0.1:{port}/?next=http://x/", "http:/127.0.0.1:{port}/?next=http://x/")]
    [InlineData("/next", "/next")]
    [InlineData("//127.0.0.1:{port}/next", "//shop.example/next")]
    [InlineData("//127.0.0.1:{port}", "//shop.example")]
    [InlineData("//other.example/next", "//other.example/next")]
    [InlineData("https://login.example/?back=1", "https://login.example/?back=1")]
    [InlineData("{app}/next", "https://shop.example/next", "X-Forwarded-Proto: https\r\n")]
    [InlineData("{app}/next", "https://www.example:8443/next", "X-Forwarded-Proto: https, http\r\nX-Forwarded-Host: www.example:8443, inner.example\r\n")]
    [InlineData("{app}/next", "http://shop.example/next", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n", "10.0.0.1")]
    public async Task A_redirect_to_the_apps_own_address_leads_to_the_clients_host(
        string location, string expected, string forwarded = "", string trusted = "127.0.0.1")
    {
        ScriptedServer? app = null;
        app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            string target = location.Replace("{app}", app!.Address.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal)
                .Replace("{port}", $"{app.Address.Port}", StringComparison.Ordinal);
            await connection.SendAsync($"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        });
        await using ScriptedServer running = app;
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Guard:TrustedProxies:0", trusted));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: shop.example\r\n{forwarded}\r\n");

        Assert.Equal(302, answer.Status);
        Assert.Equal(expected.Replace("{port}", $"{app.Address.Port}", StringComparison.Ordinal), answer.Field("Location"));
    }

    private static async Task<RawAnswer> AnswerAsync(string fields, params (string, string)[] settings)
    {
        await using var app = ScriptedServer.Always($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);
        return await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}

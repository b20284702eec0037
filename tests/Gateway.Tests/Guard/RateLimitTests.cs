using System.Globalization;
using System.Net;
using Gateway.Configuration;
using Gateway.Guard;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Guard;

/// <summary>A client that sends more than it may, and those beside it.</summary>
public sealed class RateLimitTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const int Rush = 60;

    [Fact]
    public async Task What_is_beyond_the_rate_is_answered_429_and_says_when_to_come_again()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Guard:RequestsPerSecond", "1"), ("Guard:Burst", "3"));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));

        RawAnswer[] answers = await RushAsync(gateway);

        RawAnswer[] refused = [.. answers.Where(static answer => answer.Status == 429)];
        Assert.All(answers, static answer => Assert.True(answer.Status is 200 or 429, $"{answer.Status}"));
        Assert.InRange(answers.Length - refused.Length, 3, Rush / 2);
        Assert.All(refused, static answer => Assert.InRange(int.Parse(answer.Field("Retry-After")!, CultureInfo.InvariantCulture), 1, 2));
        Assert.All(refused, static answer => Assert.Contains("Too Many Requests", answer.Body, StringComparison.Ordinal));
        // What was refused never reached the app.
        Assert.Equal(answers.Length - refused.Length, app.Requests.Count);
        Assert.Equal(refused.Length, measured.Of("loopgate.failures").Sum(static told => told.Attributes == "error.type=too_many_requests" ? told.Value : 0));
        Assert.Contains(await gateway.TracesAsync(Rush), static trace => TraceOfOne.Attribute(new TraceOfOne(trace).Server, "error.type") == "too_many_requests");
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_of_its_clients_has_a_rate_of_its_own_and_the_admin_port_has_none()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Guard:RequestsPerSecond", "1"), ("Guard:TrustedProxies:0", "127.0.0.0/8"));

        Assert.Contains(await RushAsync(gateway, "X-Forwarded-For: 192.0.2.1\r\n"), static answer => answer.Status == 429);

        Assert.Equal(200, (await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n")).Status);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("ready\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/readyz")));
        }
    }

    [Theory]
    [InlineData("192.0.2.1", "", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::")]
    // Nobody but a trusted proxy is believed, and no proxy beyond the last that is.
    [InlineData("192.0.2.1", "198.51.100.1", "192.0.2.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1:5678", "198.51.100.1")]
    [InlineData("10.0.0.1", "[2001:db8::1]:5678", "2001:db8::")]
    [InlineData("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1, ,", "198.51.100.1")]
    [InlineData("10.0.0.1", "unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    public void A_client_is_the_last_address_that_is_no_trusted_proxys(string caller, string forwarded, string client)
    {
        var options = new GuardOptions { RequestsPerSecond = 1 };
        options.TrustedProxies.Add(IPNetwork.Parse("10.0.0.0/8"));
        using var limit = new RateLimit(options, NullLogger<RateLimit>.Instance);

        Assert.Equal(IPAddress.Parse(client), limit.ClientOf(IPAddress.Parse(caller), forwarded.Length == 0 ? [] : [forwarded]));
    }

    [Theory]
    [InlineData("Guard:Burst", null, false)]
    [InlineData("Guard:Burst", "31", false)]
    [InlineData("Guard:RequestsPerSecond", "30", true)]
    public async Task A_rate_that_cannot_hold_is_an_error_at_start(string key, string? rate, bool isGuardOff)
    {
        List<(string, string)> settings = isGuardOff ? [("Guard:Enabled", "false")] : [("Guard:Burst", "3")];
        if (rate is not null)
        {
            settings.Add(("Guard:RequestsPerSecond", rate));
        }

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync([.. settings]));

        Assert.StartsWith($"{key}: ", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    private static async Task<RawAnswer[]> RushAsync(GatewayHost gateway, string field = "") =>
        await Task.WhenAll(Enumerable.Range(0, Rush).Select(_ => RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\n{field}\r\n")));
}

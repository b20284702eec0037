using Gateway.Configuration;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Listening;

/// <summary>Where the gateway listens, by whichever of ASP.NET Core's settings it is told.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData(null, null, null, null, "http://*:8080")]
    [InlineData("http://127.0.0.1:5001", null, null, null, "http://127.0.0.1:5001")]
    [InlineData("http://127.0.0.1:5001;http://[::1]:5002", null, null, null, "http://127.0.0.1:5001 http://[::1]:5002")]
    [InlineData(null, "9000", null, null, "http://*:9000")]
    [InlineData(null, "9000;9001", null, null, "http://*:9000 http://*:9001")]
    [InlineData(null, null, "9443", null, "https://*:9443")]
    [InlineData(null, "9000", "9443", null, "http://*:9000 https://*:9443")]
    [InlineData("http://*:5001", "9000", "9443", null, "http://*:5001")]
    [InlineData(null, null, null, "http://*:6001", "http://*:6001")]
    [InlineData("http://*:5001", null, null, "http://*:6001", "http://*:6001")]
    [InlineData(" ; ", null, null, null, "http://*:8080")]
    public void ASPNET_Cores_own_settings_move_the_endpoint(string? urls, string? http, string? https, string? option, string expected)
    {
        using var variables = new Variables(("ASPNETCORE_URLS", urls), ("ASPNETCORE_HTTP_PORTS", http), ("ASPNETCORE_HTTPS_PORTS", https));

        WebApplicationBuilder builder = Layers.CreateBuilder(option is null ? ["--environment=Production"] : ["--environment=Production", $"--urls={option}"]);

        Assert.Equal(expected.Split(' '), builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(static endpoint => endpoint["Url"]));
    }

    [Fact]
    public void Kestrels_own_setting_wins_over_the_variable_for_all_programs()
    {
        using var variables = new Variables(("ASPNETCORE_URLS", "http://*:5001"), ("Kestrel__Endpoints__Http__Url", "http://*:7001"));

        WebApplicationBuilder builder = Layers.CreateBuilder(["--environment=Production"]);

        Assert.Equal("http://*:7001", builder.Configuration["Kestrel:Endpoints:Http:Url"]);
    }

    [Fact]
    public async Task The_gateway_listens_where_the_variable_says()
    {
        using var variables = new Variables(("ASPNETCORE_URLS", "http://127.0.0.1:0;http://127.0.0.1:0"));
        WebApplicationBuilder builder = Layers.CreateBuilder(
            ["--environment=Production", "--Admin:Url=http://127.0.0.1:0", "--Legacy:Address=http://127.0.0.1:1", "--Elasticsearch:Nodes:0=http://127.0.0.1:1", "--Draining:Wait=00:00:00"]);
        using var log = new LogCapture();
        builder.Logging.ClearProviders().AddProvider(log);
        await using WebApplication app = Program.Compose(builder);

        await app.StartAsync();

        Assert.Equal(3, app.Urls.Count);
        Assert.All(app.Urls, static url => Assert.StartsWith("http://127.0.0.1:", url, StringComparison.Ordinal));
        await app.StopAsync();
        Assert.DoesNotContain(log.Entries, static entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Http:Url", "8080", "Kestrel:Endpoints:Http:Url")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://*:99999", "Kestrel:Endpoints:Http:Url")]
    [InlineData("Kestrel:Endpoints:Http:Url", "ftp://*:21", "Kestrel:Endpoints:Http:Url")]
    [InlineData("Kestrel:Endpoints:Second:Protocols", "Http2", "Kestrel:Endpoints:Second:Url")]
    [InlineData("Admin:Url", "nowhere", "Admin:Url")]
    public async Task An_address_that_is_none_stops_the_start_with_a_sentence(string key, string value, string named)
    {
        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => GatewayHost.StartAsync((key, value)));

        Assert.StartsWith($"{named}: ", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }
}

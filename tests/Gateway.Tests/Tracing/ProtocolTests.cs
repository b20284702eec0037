using System.Globalization;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Tracing;

/// <summary>Connections count their requests right whatever is spoken on them.</summary>
public sealed class ProtocolTests
{
    [Theory]
    [InlineData(false, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(true, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(true, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    public async Task With_the_versions_that_YARP_asks_for_by_itself(bool tls, HttpProtocols protocols, string spoken) =>
        await CountsAsync(tls, protocols, spoken);

    [Theory]
    [InlineData(false, HttpProtocols.Http1, "1.1", "HTTP/1.1")]
    [InlineData(true, HttpProtocols.Http1AndHttp2, "1.1", "HTTP/1.1")]
    [InlineData(false, HttpProtocols.Http2, "2", "HTTP/2")]
    [InlineData(true, HttpProtocols.Http2, "2", "HTTP/2")]
    public async Task With_the_version_that_the_operator_wants(bool tls, HttpProtocols protocols, string version, string spoken) =>
        await CountsAsync(tls, protocols, spoken,
            ("ReverseProxy:Clusters:c:HttpRequest:Version", version), ("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "RequestVersionExact"));

    [Theory]
    [InlineData(false, HttpProtocols.Http1, "RequestVersionOrLower")]
    [InlineData(false, HttpProtocols.Http2, "RequestVersionExact")]
    [InlineData(true, HttpProtocols.Http1, "RequestVersionOrLower")]
    [InlineData(true, HttpProtocols.Http1AndHttp2, "RequestVersionOrLower")]
    public async Task Requests_that_nobody_samples_count_too(bool tls, HttpProtocols protocols, string policy)
    {
        using var sampler = new Variables(("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.2"));
        await using KestrelBackend backend = await KestrelBackend.StartAsync(protocols, tls);
        await using GatewayHost gateway = await GatewayHost.StartAsync(RouteTo(
            backend.Address, [("ReverseProxy:Clusters:c:HttpRequest:Version", "2"), ("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", policy)]));

        for (int i = 0; i < 100; i++)
        {
            await gateway.Client.GetStringAsync(Path(i));
        }

        await gateway.StopAsync();
        IReadOnlyList<Ride> rides = Ride.Of(gateway.Exported);
        Assert.NotEmpty(rides);
        Assert.True(rides.Count < 100);
        Ride.AgreeWith(backend.Served.ToDictionary(static served => served.Key, static served => (served.Value.Connection, served.Value.Position)), rides);
        Ride.LinksLeadToSetups(gateway.Exported);
    }

    private static async Task CountsAsync(bool tls, HttpProtocols protocols, string spoken, params (string Key, string Value)[] settings)
    {
        const int InRow = 10;
        const int AtOnce = 50;
        await using KestrelBackend backend = await KestrelBackend.StartAsync(protocols, tls);
        await using GatewayHost gateway = await GatewayHost.StartAsync(RouteTo(backend.Address, settings));

        for (int i = 0; i < InRow; i++)
        {
            await gateway.Client.GetStringAsync(Path(i));
        }

        await Task.WhenAll(Enumerable.Range(InRow, AtOnce).Select(i => gateway.Client.GetStringAsync(Path(i))));

        IReadOnlyList<Ride> rides = await Ride.AllAsync(gateway, InRow + AtOnce);
        Assert.All(backend.Served.Values, served => Assert.Equal(spoken, served.Protocol));
        Assert.All(rides, static ride => Assert.Equal(1, ride.Attempts));
        Ride.LinksLeadToSetups(gateway.Exported);
        Dictionary<string, (string, int)> served = backend.Served.ToDictionary(static s => s.Key, static s => (s.Value.Connection, s.Value.Position));
        if (spoken == "HTTP/1.1")
        {
            Ride.AgreeWith(served, rides);
            return;
        }

        // At once over HTTP/2 the backend's order is its scheduler's: then each number is there once, without a gap.
        Ride.AgreeWith(served, [.. rides.Where(static ride => int.Parse(ride.Path[1..], CultureInfo.InvariantCulture) < InRow)]);
        Assert.All(rides.GroupBy(static ride => ride.Connection), static connection =>
            Assert.Equal(Enumerable.Range(1, connection.Count()).Select(static n => (long)n), connection.Select(static ride => ride.Use).Order()));
        Assert.Equal(backend.Served.Values.Select(static s => s.Connection).Distinct().Count(), rides.Select(static ride => ride.Connection).Distinct().Count());
    }

    private static Uri Path(int number) => new(string.Create(CultureInfo.InvariantCulture, $"/{number}"), UriKind.Relative);

    private static (string Key, string Value)[] RouteTo(Uri address, (string Key, string Value)[] settings) =>
    [
        ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/{**rest}"),
        ("ReverseProxy:Clusters:c:Destinations:only:Address", address.AbsoluteUri),
        ("ReverseProxy:Clusters:c:HttpClient:DangerousAcceptAnyServerCertificate", "true"), .. settings,
    ];
}

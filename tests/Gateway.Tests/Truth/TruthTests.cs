using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Elasticsearch;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Truth;

/// <summary>
/// Holds what the traces say of every single request of a random run against what the app wrote down. A run is repeated with the
/// seed that it prints: <c>TRUTH_SEED=… TRUTH_REQUESTS=… dotnet test …</c>
/// </summary>
public sealed class TruthTests(ITestOutputHelper output)
{
    private static readonly (string, string)[] _version11 = [("HttpRequest:Version", "1.1"), ("HttpRequest:VersionPolicy", "RequestVersionExact")];
    private static readonly (string, string)[] _version2 = [("HttpRequest:Version", "2"), ("HttpRequest:VersionPolicy", "RequestVersionExact")];

    [Theory]
    [InlineData(false, true, 100)]
    [InlineData(true, true, 50)]
    [InlineData(true, false, 30)]
    public async Task Over_http1_every_request_says_the_connection_and_position_that_the_app_wrote_down(bool tls, bool exact, int percent)
    {
        var chance = new Chance(percent);
        using var authority = new Authority("truth");
        using X509Certificate2? certificate = tls ? authority.Issue() : null;
        var app = MoodyBackend.Start(chance, certificate);
        // Where YARP is left to itself it asks for HTTP/2, and TLS negotiates 1.1.
        (Witness witness, Tally tally) = await RunAsync(chance, app, app.Address, exact ? _version11 : [], ("HttpClient:MaxConnectionsPerServer", "2"));

        var ledger = new Ledger(witness, [.. app.Arrivals], inOrder: true);
        Report(chance, ledger, tally, app.Accepted);
        ledger.AssertTrue();
        // YARP asks for a WebSocket over HTTP/2 first, and where that is not spoken once more.
        Assert.Equal(exact, ledger.RepeatsWereStale);
        Assert.True(witness.Loops > 0);
    }

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 50)]
    public async Task Over_http2_uses_have_no_gaps_and_requests_that_do_not_overlap_are_in_stream_order(bool tls, int percent)
    {
        var chance = new Chance(percent);
        MoodyStreams app = await MoodyStreams.StartAsync(chance, tls);
        (Witness witness, Tally tally) = await RunAsync(chance, app, app.Address, _version2, ("HttpClient:EnableMultipleHttp2Connections", "false"));

        var ledger = new Ledger(witness, [.. app.Arrivals], inOrder: false);
        Report(chance, ledger, tally, app.Accepted);
        ledger.AssertTrue();
        Assert.Equal(ledger.Requests, ledger.Claims.Count);
    }

    /// <summary>A whole run, until the last connection is closed.</summary>
    private async Task<(Witness Witness, Tally Tally)> RunAsync(
        Chance chance, IAsyncDisposable backend, Uri app, (string Key, string Value)[] version, (string Key, string Value) few)
    {
        output.WriteLine($"{Chance.SeedVariable}={chance.Seed}, {chance.Requests} requests");
        (GatewayHost gateway, Witness witness) = await Witness.StartAsync(chance, [
            ("Legacy:Address", app.AbsoluteUri),
            // Without TLS the built-in route to the app does, which speaks HTTP/1.1.
            .. app.Scheme == Uri.UriSchemeHttp && version == _version11 ? [] : Cluster("many", Crowd.Many, app, version),
            .. Cluster("few", Crowd.Few, app, [.. version, few]),
            .. Cluster("gone", Crowd.Gone, new Uri($"{app.Scheme}://127.0.0.1:1/"), version)]);
        // Kestrel logs its event 67 as an error where the app breaks off while YARP still reads the request's body.
        gateway.ErrorsAreExpected = true;
        Tally tally = await Crowd.SendAsync(gateway, chance);
        await backend.DisposeAsync();
        await gateway.StopAsync();
        foreach (ClusterState cluster in gateway.Services.GetRequiredService<IProxyStateLookup>().GetClusters())
        {
            // YARP leaves the idle connections of its clients to the end of the process.
            cluster.Model.HttpClient.Dispose();
        }

        await Eventually.Holds(
            () =>
            {
                // Now and then .NET leaves an HTTP/2 connection that its peer has closed to the garbage collector: then nothing else may hold it.
                GC.Collect();
                return gateway.OpenConnections == 0;
            },
            "the last connection to be closed");
        await gateway.DisposeAsync();
        return (witness, tally);
    }

    /// <summary>Says what the run was, and sees to it that nothing was missing of what it is for.</summary>
    private void Report(Chance chance, Ledger ledger, Tally tally, int accepted)
    {
        int moved = ledger.Claims.Count(static claim => claim.Attempts > 1 || claim.IsResend);
        int none = ledger.Claims.Count(static claim => claim.Attempts == 0);
        int waited = ledger.Claims.Count(static claim => claim is { Waited: true, Route: Crowd.Few, Reused: true });
        int never = chance.Requests - ledger.Requests;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{ledger.Requests} went out, on {ledger.Connections} connections of {accepted}: {moved} on more than one, {none} on none, ")
            + $"{waited} had waited for one that others had; {never} never went out, {ledger.Claims.Count - ledger.Requests} went out again");
        output.WriteLine($"the app read {ledger.Read} of them, and {ledger.Unread} never; {tally}");
        Assert.All([moved, none, waited, ledger.Unread, tally.Left, tally.BrokenOff, tally.Talked, tally.Answered], static count => Assert.True(count > 0));
        // Only what its client gave up may never have gone out.
        Assert.InRange(never, 0, tally.Left);
    }

    private static (string, string)[] Cluster(string name, string path, Uri address, (string Key, string Value)[] settings) =>
    [
        ($"ReverseProxy:Routes:{name}:ClusterId", name), ($"ReverseProxy:Routes:{name}:Match:Path", path + "{**rest}"),
        ($"ReverseProxy:Clusters:{name}:Destinations:only:Address", address.AbsoluteUri),
        ($"ReverseProxy:Clusters:{name}:HttpClient:DangerousAcceptAnyServerCertificate", "true"),
        .. settings.Select(setting => ($"ReverseProxy:Clusters:{name}:{setting.Key}", setting.Value)),
    ];
}

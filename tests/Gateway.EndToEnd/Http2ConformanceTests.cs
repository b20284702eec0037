using System.Collections.Concurrent;
using System.Xml.Linq;
using Gateway.EndToEnd.Hosting;
using Gateway.Tests.Elasticsearch;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>HTTP/2 as h2spec sees it, without TLS by prior knowledge and with it by ALPN.</summary>
public sealed class Http2ConformanceTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    /// <summary>In h2spec 2.6, strict ones included; one of them it passes over by itself.</summary>
    private const int Cases = 146;

    /// <summary>Cases that the gateway does not pass, each with its reason; they stand in the README too.</summary>
    private static readonly Dictionary<string, string> _deviations = [];

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Each_case_passes_or_is_a_known_deviation(string scheme)
    {
        Parts.Need("tools");
        ConcurrentQueue<string> arrived = [];
        await using LocalServer app = await LocalServer.StartAsync(async context =>
        {
            arrived.Enqueue($"{context.Request.Protocol} {context.Request.Method} {context.Request.Path}");
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await context.Response.WriteAsync("ok", context.RequestAborted);
        });
        using var files = new CertificateFolder();
        using var authority = new Authority("authority");
        files.WritePair("gateway", authority.Issue());
        int port = Loopback.FreePort();
        // Kestrel refuses the name of a certificate where there is no TLS.
        string[] certificate = scheme == "http" ? [] :
        [
            $"--Kestrel:Endpoints:Second:Certificate:Path={files.PathOf("gateway.pem")}",
            $"--Kestrel:Endpoints:Second:Certificate:KeyPath={files.PathOf("gateway.key")}",
        ];
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, app.Address, Loopback.Nowhere,
            [$"--Kestrel:Endpoints:Second:Url={scheme}://127.0.0.1:{port}", "--Kestrel:Endpoints:Second:Protocols=Http2", .. certificate]);
        await gateway.Process.LineAsync($"Now listening on: {scheme}://127.0.0.1:{port}");

        string report = files.PathOf("report.xml");
        string[] tls = scheme == "https" ? ["-t", "-k"] : [];
        RunningProcess h2spec = Processes.Start(
            "h2spec", new ProcessCommand(Parts.PathOf("tools", "h2spec"), ["-h", "127.0.0.1", "-p", $"{port}", "-P", "/x", "-S", "-j", report, .. tls]));
        await h2spec.LineAsync("^([0-9]+) tests, ");
        await h2spec.ExitAsync();

        XElement[] cases = [.. XDocument.Load(report).Descendants("testcase")];
        Assert.Equal(Cases, cases.Length);
        Assert.Equal(
            _deviations.Keys.Order(StringComparer.Ordinal),
            cases.Where(static one => one.Element("failure") is not null || one.Element("error") is not null)
                .Select(static one => $"{one.Attribute("package")!.Value}: {one.Attribute("classname")!.Value}").Order(StringComparer.Ordinal));
        // Whatever was wrong with a request, the app has seen whole ones only, in its own protocol.
        Assert.NotEmpty(arrived);
        Assert.All(arrived, static request => Assert.Contains(request, (string[])["HTTP/1.1 GET /x", "HTTP/1.1 POST /x", "HTTP/1.1 HEAD /x"]));
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Error" or "Critical");
    }
}

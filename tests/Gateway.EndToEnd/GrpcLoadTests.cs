using System.Text.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>A gRPC client and a gRPC server of another make, Go's, with the gateway between them.</summary>
public sealed class GrpcLoadTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Calls = 4_000;
    private const string Service = "opentelemetry.proto.collector.trace.v1.TraceService";

    [Fact]
    public async Task Every_call_of_many_at_once_is_answered()
    {
        Parts.Need("tools", "jaeger");
        JaegerServer jaeger = await Servers.JaegerAsync();
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, Loopback.Nowhere, Loopback.Nowhere,
            "--Kestrel:Endpoints:Http:Protocols=Http2",
            "--ReverseProxy:Routes:otlp:ClusterId=otlp", $"--ReverseProxy:Routes:otlp:Match:Path=/{Service}/{{**rest}}",
            $"--ReverseProxy:Clusters:otlp:Destinations:only:Address={jaeger.Grpc}",
            "--ReverseProxy:Clusters:otlp:HttpRequest:Version=2", "--ReverseProxy:Clusters:otlp:HttpRequest:VersionPolicy=RequestVersionExact");

        RunningProcess ghz = Processes.Start("ghz", new ProcessCommand(Parts.PathOf("tools", "ghz"),
        [
            "--insecure", "--proto", Path.Combine(Parts.Repository, "tests", "Gateway.EndToEnd", "Apps", "trace_service.proto"), "--call", $"{Service}/Export",
            "--total", $"{Calls}", "--concurrency", "50", "--connections", "4", "--data", "{}", "--format", "json", gateway.Address.Authority,
        ]));
        await ghz.ExitAsync();

        using JsonDocument report = JsonDocument.Parse(string.Concat(ghz.Output));
        Assert.Equal($$"""{"OK":{{Calls}}}""", report.RootElement.GetProperty("statusCodeDistribution").GetRawText());
        Assert.Equal("{}", report.RootElement.GetProperty("errorDistribution").GetRawText());
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is not ("Information" or "Debug"));
    }
}

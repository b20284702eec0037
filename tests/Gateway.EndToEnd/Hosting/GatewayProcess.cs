using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>The gateway as an operator starts it, on ports of loopback.</summary>
public sealed class GatewayProcess
{
    private static readonly string _build = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Gateway", new DirectoryInfo(AppContext.BaseDirectory).Name, "Gateway.dll"));

    /// <summary>Production, without any configuration file: the folder named is the process's own, which is empty.</summary>
    public static readonly (string Name, string Value)[] Production = [("ASPNETCORE_ENVIRONMENT", "Production"), ("GATEWAY_CONFIG", ".")];

    private GatewayProcess(RunningProcess process, Uri address, Uri admin)
    {
        (Process, Address, Admin) = (process, address, admin);
        Client = Loopback.Client(address);
        AdminClient = Loopback.Client(admin);
    }

    public RunningProcess Process { get; }

    public Uri Address { get; }

    public Uri Admin { get; }

    public HttpClient Client { get; }

    public HttpClient AdminClient { get; }

    /// <summary>What the gateway logged, where it logs JSON.</summary>
    public IReadOnlyList<LogEntry> Log =>
        [.. Process.Output.Where(static line => line.StartsWith('{')).Select(static line => JsonSerializer.Deserialize<LogEntry>(line)!)];

    /// <summary>Waits until it has said this: a line comes by a pipe, and may come after the answer that it is about.</summary>
    public Task SaysAsync(int eventId) => Eventually.Holds(() => Log.Any(entry => entry.EventId == eventId), $"event {eventId} in the log");

    /// <summary>Runs the gateway with these arguments, whatever comes of it.</summary>
    public static RunningProcess Run(ProcessSet processes, string[] arguments, params (string Name, string Value)[] environment) =>
        processes.Start("gateway", new ProcessCommand("dotnet", [_build, .. arguments]) { Environment = environment });

    /// <summary>Starts it in Production, in front of an app and with a cluster, and waits until it is ready.</summary>
    public static Task<GatewayProcess> StartAsync(ProcessSet processes, Uri app, Uri elasticsearch, params string[] settings) =>
        StartAsync(processes, Production, [$"--Legacy:Address={app}", $"--Elasticsearch:Nodes:0={elasticsearch}", .. settings]);

    /// <summary>Starts it on free ports, by default without a wait at its end, and waits until it is ready.</summary>
    public static Task<GatewayProcess> StartAsync(ProcessSet processes, (string Name, string Value)[] environment, string[] settings) =>
        StartAtAsync(processes, environment, new Uri($"http://127.0.0.1:{Loopback.FreePort()}"), new Uri($"http://127.0.0.1:{Loopback.FreePort()}"), settings);

    /// <summary>The same at these addresses, as one that takes another's place does.</summary>
    public static async Task<GatewayProcess> StartAtAsync(ProcessSet processes, (string Name, string Value)[] environment, Uri address, Uri admin, string[] settings)
    {
        RunningProcess process = Run(processes, [$"--Kestrel:Endpoints:Http:Url={address}", $"--Admin:Url={admin}", "--Draining:Wait=00:00:00", .. settings], environment);
        var gateway = new GatewayProcess(process, address, admin);
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"The gateway ended: {process.Tail}");
                return await gateway.ReadinessAsync() == HttpStatusCode.OK;
            },
            "the gateway to be ready");
        return gateway;
    }

    /// <summary>The answer of <c>/readyz</c>; null where nobody answers.</summary>
    public async Task<HttpStatusCode?> ReadinessAsync()
    {
        try
        {
            using HttpResponseMessage answer = await AdminClient.GetAsync("/readyz");
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>
    /// The last traces, the oldest first, once there are <paramref name="count"/> of them whose Server span has ended: that is shortly
    /// after the client has the answer.
    /// </summary>
    public async Task<IReadOnlyList<Span[]>> TracesAsync(int count)
    {
        Span[][] traces = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                traces = await AdminClient.GetFromJsonAsync<Span[][]>("/api/traces") ?? [];
                return traces.Count(static trace => trace.Any(static span => span.IsServer)) >= count;
            },
            $"{count} traces");
        return [.. traces.OrderBy(static trace => trace.Min(static span => span.Start))];
    }
}

using System.Net;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A test that asks an app with the probe through the gateway, and then the gateway's traces.</summary>
public abstract class LoopTest(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    /// <summary>Asks for the paths one after another; the app has a cluster only where one of them is the view that uses it.</summary>
    protected async Task<IReadOnlyList<(HttpStatusCode Status, LoopOnSpan Loop)>> AskAsync(string command, string[] settings, params string[] paths)
    {
        Uri elasticsearch = paths.Contains("/") ? (await Servers.ElasticsearchAsync()).Address : Loopback.Nowhere;
        PythonApp app = await PythonApp.StartAsync(Processes, command, elasticsearch);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere, ["--Views:info:Path=/moved-away", .. settings]);
        return await AskAsync(gateway, paths);
    }

    protected static async Task<IReadOnlyList<(HttpStatusCode Status, LoopOnSpan Loop)>> AskAsync(GatewayProcess gateway, params string[] paths)
    {
        List<HttpStatusCode> statuses = [];
        foreach (string path in paths)
        {
            statuses.Add((await Load.GetAsync(gateway.Client, path)).Status);
        }

        return [.. statuses.Zip(await LoopsAsync(gateway, paths.Length))];
    }

    /// <summary>One for each request, in their order.</summary>
    protected static async Task<IReadOnlyList<LoopOnSpan>> LoopsAsync(GatewayProcess gateway, int count) =>
        [.. (await gateway.TracesAsync(count)).Select(static trace => LoopOnSpan.Of(trace.Single(static span => span.IsServer)))];
}

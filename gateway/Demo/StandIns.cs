using Gateway.Listening;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Demo;

/// <summary>Which parts are played by stand-ins.</summary>
internal sealed record Cast(StandIn? Cluster, StandIn? App);

/// <summary>Runs the stand-ins as long as the gateway runs, and says on the console what there is to try.</summary>
internal sealed class StandIns(Cast cast, IServer server, AdminOptions admin) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await (cast.Cluster?.StartAsync(cancellationToken) ?? Task.CompletedTask);
        await (cast.App?.StartAsync(cancellationToken) ?? Task.CompletedTask);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        List<string> addresses = [.. server.Features.Get<IServerAddressesFeature>()!.Addresses];
        string gateway = addresses.FirstOrDefault(address => !IsAdmin(address)) ?? addresses[0];
        await Console.Out.WriteLineAsync(Text(gateway.TrimEnd('/'), addresses.FirstOrDefault(IsAdmin)?.TrimEnd('/') ?? admin.Url));
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await (cast.App?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (cast.Cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private bool IsAdmin(string address) => BindingAddress.Parse(address).Port == BindingAddress.Parse(admin.Url).Port;

    private string Text(string gateway, string page)
    {
        List<string> lines = ["", $"Loopgate is running on {gateway} (Development)."];
        if (cast.App is not null)
        {
            lines.Add($"  Legacy:Address is not configured: a stand-in plays the app on {cast.App.Address} (a loop per request, one global async client).");
        }

        if (cast.Cluster is not null)
        {
            lines.Add($"  Elasticsearch:Nodes is not configured: a stand-in plays the cluster on {cast.Cluster.Address}.");
        }

        lines.Add("");
        List<string> tries = [];
        if (cast.App is not null)
        {
            tries.Add($"the fault     curl -i {cast.App.Address}   twice: 200, then 500 for ever, RuntimeError: Event loop is closed");
        }

        tries.Add($"the way out   curl -i {gateway}/   as often as you like: 200, from one client that lives as long as the gateway");
        tries.Add($"the traces    open {page}/   which loop and which connection each request had, and whether they were reused");
        lines.Add($"{(tries.Count == 3 ? "Three" : "Two")} things to try, in another terminal:");
        lines.AddRange(tries.Select(static (text, place) => $"  {place + 1}. {text}"));
        if (cast.App is not null)
        {
            lines.Add($"                   ({gateway}/hello is an async view of the app: a new loop each time)");
        }

        lines.Add("");
        return string.Join(Environment.NewLine, lines);
    }
}

using Gateway.Configuration;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Legacy;

/// <summary>A gateway with a gateway.json that changes, in front of an app and two servers, each of which says its name.</summary>
internal sealed class ReloadScene : IAsyncDisposable
{
    private readonly Folder _folder;
    private readonly Measured _reloads;

    private ReloadScene(Folder folder, ScriptedServer app, GatewayHost gateway)
    {
        (_folder, App, Gateway) = (folder, app, gateway);
        _reloads = new Measured(gateway, ("loopgate.configuration.reloads", ["loopgate.configuration.result"]));
    }

    public ScriptedServer App { get; }

    public ScriptedServer One { get; } = Saying("one");

    public ScriptedServer Two { get; } = Saying("two");

    public GatewayHost Gateway { get; }

    /// <summary>Stands still unless a test moves it, so that nothing looks at the files but the test.</summary>
    public required FakeTimeProvider Time { get; init; }

    public IReadOnlyList<string> Counted => _reloads.Counted;

    public static async Task<ReloadScene> StartAsync(string text)
    {
        var folder = new Folder(("gateway.json", text));
        ScriptedServer app = Saying("app");
        var time = new FakeTimeProvider();
        GatewayHost gateway = await GatewayHost.StartAsync(
            builder => builder.Services.AddSingleton<TimeProvider>(time), ("Legacy:Address", app.Address.AbsoluteUri));
        return new ReloadScene(folder, app, gateway) { Time = time };
    }

    public string PathOf(string name) => _folder.FileOf(name);

    /// <summary>The text of gateway.json with one route to one server.</summary>
    public static string Route(string path, ScriptedServer server, string more = "") => $$"""
        { "ReverseProxy": {
            "Routes": { "shop": { "ClusterId": "shop", "Match": { "Path": "{{path}}" } } },
            "Clusters": { "shop": { "Destinations": { "only": { "Address": "{{server.Address}}" } }{{more}} } } } }
        """;

    /// <summary>Replaces gateway.json, or deletes it, and looks at it once.</summary>
    public async Task ChangeAsync(string? text)
    {
        if (text is null)
        {
            File.Delete(PathOf("gateway.json"));
        }
        else
        {
            await File.WriteAllTextAsync(PathOf("new"), text);
            File.Move(PathOf("new"), PathOf("gateway.json"), overwrite: true);
        }

        await LookAsync();
    }

    /// <summary>Looks at the files now, as the gateway does by itself once a second.</summary>
    public async Task LookAsync()
    {
        foreach (WatchedFiles files in Gateway.Services.GetServices<WatchedFiles>())
        {
            await files.LookAsync();
        }
    }

    public Task<string> GetAsync(string path) => Gateway.Client.GetStringAsync(path);

    public Task<string> ReadinessAsync() => Gateway.Client.GetStringAsync(new Uri(Gateway.Admin, "/readyz"));

    /// <summary>The ids of what the table said at this level.</summary>
    public IEnumerable<int> Logged(LogLevel level) =>
        Gateway.Log.Where(entry => entry.Level == level && entry.Category.EndsWith("LiveTable", StringComparison.Ordinal)).Select(static entry => entry.Id);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        _reloads.Dispose();
        await App.DisposeAsync();
        await One.DisposeAsync();
        await Two.DisposeAsync();
        _folder.Dispose();
    }

    private static ScriptedServer Saying(string name) => ScriptedServer.Always($"HTTP/1.1 200 OK\r\nContent-Length: {name.Length}\r\n\r\n{name}");
}

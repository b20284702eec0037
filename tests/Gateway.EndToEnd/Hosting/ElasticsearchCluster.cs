using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A real cluster of several nodes, each with ports and a folder of its own, so that one that was killed comes back as it was.</summary>
public sealed class ElasticsearchCluster(ProcessSet processes) : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loopgate-cluster-");
    private readonly List<ElasticsearchNode> _nodes = [];

    public IReadOnlyList<ElasticsearchNode> Nodes => _nodes;

    /// <summary>A node that is not started yet. The first ones, before any is started, are to form the cluster.</summary>
    public ElasticsearchNode Add(string name, params string[] settings)
    {
        var node = new ElasticsearchNode(processes, this, name, Path.Combine(_folder.FullName, name), settings);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts these at the same time and waits until each answers as a node of the cluster.</summary>
    public static Task StartAsync(params ElasticsearchNode[] nodes) => Task.WhenAll(nodes.Select(static node => node.StartAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (ElasticsearchNode node in _nodes)
        {
            await node.EndAsync();
        }

        _folder.Delete(recursive: true);
    }
}

/// <summary>One node of it, which can be started again.</summary>
public sealed class ElasticsearchNode
{
    private readonly ProcessSet _processes;
    private readonly ElasticsearchCluster _cluster;
    private readonly string _home;
    private readonly string[] _settings;
    private readonly int _transportPort = Loopback.FreePort();
    private RunningProcess? _process;

    internal ElasticsearchNode(ProcessSet processes, ElasticsearchCluster cluster, string name, string home, string[] settings)
    {
        (_processes, _cluster, Name, _home, _settings) = (processes, cluster, name, home, settings);
        Address = new Uri($"http://127.0.0.1:{Loopback.FreePort()}");
    }

    public string Name { get; }

    public Uri Address { get; }

    private bool MayBeMaster => !_settings.Any(static setting => setting.StartsWith("-Enode.roles=", StringComparison.Ordinal) && !setting.Contains("master", StringComparison.Ordinal));

    public async Task StartAsync()
    {
        string seeds = string.Join(',', _cluster.Nodes.Where(static node => node.MayBeMaster).Select(static node => $"127.0.0.1:{node._transportPort}"));
        string masters = string.Join(',', _cluster.Nodes.Where(static node => node.MayBeMaster).Select(static node => node.Name));
        // Only a cluster that has never been is formed by those it is to be formed by.
        string[] forming = Directory.Exists(_home) || !MayBeMaster ? [] : ["--masters", masters];
        _process = _processes.Start($"Elasticsearch {Name}", new ProcessCommand(
            Path.Combine(Parts.PathOf("elasticsearch", $"elasticsearch-{ElasticsearchServer.New}"), "elasticsearch"),
            ["--name", Name, "--cluster", "crowd", "--port", $"{Address.Port}", "--transport-port", $"{_transportPort}", "--home", _home, "--seeds", seeds, .. forming, .. _settings]));
        await _process.LineAsync("^started (http://.*)$");
    }

    public void Kill() => _process!.Kill();

    public void Pause() => _process!.Pause();

    public void Resume() => _process!.Resume();

    public void Terminate() => _process!.Terminate();

    public Task<int> ExitAsync() => _process!.ExitAsync();

    /// <summary>What the node itself answers to <c>GET /</c>.</summary>
    public async Task<JsonElement> InfoAsync()
    {
        using HttpClient client = Loopback.Client(Address, 1);
        return await client.GetFromJsonAsync<JsonElement>("/");
    }

    /// <summary>Ends it, if it runs, so that nothing writes in its folder any more.</summary>
    public async Task EndAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.ExitAsync();
        }
    }
}

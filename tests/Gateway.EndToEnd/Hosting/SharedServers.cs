namespace Gateway.EndToEnd.Hosting;

/// <summary>Servers that all tests may use at the same time, each started when first asked for.</summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly Dictionary<string, ElasticsearchServer> _elasticsearch = [];
    private JaegerServer? _jaeger;
    private SecureCluster? _secure;

    public ProcessSet Processes { get; } = new();

    public async Task<ElasticsearchServer> ElasticsearchAsync(string version = ElasticsearchServer.New)
    {
        Parts.Need("elasticsearch");
        if (!_elasticsearch.TryGetValue(version, out ElasticsearchServer? server))
        {
            _elasticsearch[version] = server = await ElasticsearchServer.StartAsync(Processes, version);
        }

        return server;
    }

    /// <summary>One with security and TLS.</summary>
    public async Task<SecureCluster> SecureClusterAsync()
    {
        Parts.Need("elasticsearch");
        return _secure ??= await SecureCluster.StartAsync(Processes);
    }

    public async Task<JaegerServer> JaegerAsync()
    {
        Parts.Need("jaeger");
        return _jaeger ??= await JaegerServer.StartAsync(Processes, JaegerPorts.Free());
    }

    public async ValueTask DisposeAsync()
    {
        await Processes.DisposeAsync();
        _secure?.Dispose();
    }
}

using System.Net.Http.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A real toxiproxy: wires between the gateway and what is behind it, with faults that come and go.</summary>
public sealed class Toxiproxy : IDisposable
{
    private readonly HttpClient _client;
    private readonly Dictionary<string, (string Listen, string Upstream)> _wires = [];

    private Toxiproxy(Uri address) => _client = Loopback.Client(address);

    public static async Task<Toxiproxy> StartAsync(ProcessSet processes)
    {
        Parts.Need("tools");
        int port = Loopback.FreePort();
        RunningProcess process = processes.Start("toxiproxy", new ProcessCommand(Parts.PathOf("tools", "toxiproxy-server"), ["-host", "127.0.0.1", "-port", $"{port}"]));
        var toxiproxy = new Toxiproxy(new Uri($"http://127.0.0.1:{port}"));
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"toxiproxy ended: {process.Tail}");
                try
                {
                    using HttpResponseMessage answer = await toxiproxy._client.GetAsync("/version");
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "toxiproxy to listen");
        return toxiproxy;
    }

    /// <summary>A wire to <paramref name="server"/>; its own address.</summary>
    public async Task<Uri> WireAsync(string name, Uri server)
    {
        _wires[name] = ($"127.0.0.1:{Loopback.FreePort()}", server.Authority);
        await MakeAsync(name);
        return new Uri($"http://{_wires[name].Listen}");
    }

    /// <summary>
    /// Gives the wire this fault, or none. It is made anew, which cuts its connections: toxiproxy waits in vain for one that is stuck to let go
    /// of its toxic.
    /// </summary>
    public async Task SetAsync(string wire, Fault? fault)
    {
        using HttpResponseMessage deleted = await _client.DeleteAsync($"/proxies/{wire}");
        deleted.EnsureSuccessStatusCode();
        await MakeAsync(wire);
        if (fault is not null)
        {
            using HttpResponseMessage added = await _client.PostAsJsonAsync(
                $"/proxies/{wire}/toxics", new { type = fault.Type, stream = "downstream", toxicity = fault.Toxicity, attributes = fault.Attributes });
            added.EnsureSuccessStatusCode();
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task MakeAsync(string name)
    {
        (string listen, string upstream) = _wires[name];
        using HttpResponseMessage made = await _client.PostAsJsonAsync("/proxies", new { name, listen, upstream, enabled = true });
        made.EnsureSuccessStatusCode();
    }
}

/// <summary>One of toxiproxy's toxics, and the share of connections that have it.</summary>
public sealed record Fault(string Type, double Toxicity, Dictionary<string, int> Attributes)
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("latency", 1, new() { ["latency"] = 200, ["jitter"] = 150 }),
        new("reset_peer", 0.5, new() { ["timeout"] = 50 }),
        new("slicer", 1, new() { ["average_size"] = 64, ["size_variation"] = 32, ["delay"] = 200 }),
        new("bandwidth", 1, new() { ["rate"] = 20 }),
        new("timeout", 0.5, new() { ["timeout"] = 0 }),
    ];
}

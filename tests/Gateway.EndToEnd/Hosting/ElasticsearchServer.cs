using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A real Elasticsearch of one node.</summary>
public sealed class ElasticsearchServer
{
    public const string Old = "7.17.29";
    public const string New = "8.19.21";

    private readonly HttpClient _client;

    private ElasticsearchServer(Uri address)
    {
        Address = address;
        _client = Loopback.Client(address, 1);
    }

    public Uri Address { get; }

    public static async Task<ElasticsearchServer> StartAsync(ProcessSet processes, string version) =>
        new(await RunAsync(processes, version));

    /// <summary>Starts one with more arguments and returns its address.</summary>
    public static async Task<Uri> RunAsync(ProcessSet processes, string version, params string[] arguments)
    {
        string folder = Parts.PathOf("elasticsearch", $"elasticsearch-{version}");
        RunningProcess process = processes.Start(
            $"Elasticsearch {version}", new ProcessCommand(Path.Combine(folder, "elasticsearch"), ["--port", "0", .. arguments]));
        return new Uri(await process.LineAsync("^started (https?://.*)$"));
    }

    /// <summary>What the server itself counts: how many connections were opened so far, and how many requests came on each.</summary>
    public async Task<ConnectionCounts> CountsAsync()
    {
        JsonElement answer = await _client.GetFromJsonAsync<JsonElement>("/_nodes/stats/http");
        JsonElement http = answer.GetProperty("nodes").EnumerateObject().Single().Value.GetProperty("http");
        JsonElement[] clients = [.. http.GetProperty("clients").EnumerateArray()];
        return new ConnectionCounts(
            http.GetProperty("total_opened").GetInt64(),
            clients.ToDictionary(static client => client.GetProperty("id").GetInt64(), RequestsOf),
            // Of a port that was used again the last connection counts.
            clients.OrderBy(static client => client.GetProperty("opened_time_millis").GetInt64()).GroupBy(PortOf)
                .ToDictionary(static connections => connections.Key, static connections => RequestsOf(connections.Last())));
    }

    private static long RequestsOf(JsonElement client) => client.GetProperty("request_count").GetInt64();

    private static int PortOf(JsonElement client) => IPEndPoint.Parse(client.GetProperty("remote_address").GetString()!).Port;
}

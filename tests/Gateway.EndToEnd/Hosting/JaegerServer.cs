using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A real Jaeger that keeps its traces in memory, asked through its query API.</summary>
public sealed class JaegerServer
{
    private readonly JaegerPorts _ports;
    private readonly HttpClient _query;

    private JaegerServer(RunningProcess process, JaegerPorts ports)
    {
        Process = process;
        _ports = ports;
        _query = Loopback.Client(new Uri($"http://127.0.0.1:{ports.Query}"));
    }

    public RunningProcess Process { get; }

    /// <summary>Where it takes spans by gRPC.</summary>
    public Uri Grpc => new($"http://127.0.0.1:{_ports.Grpc}");

    public static async Task<JaegerServer> StartAsync(ProcessSet processes, JaegerPorts ports)
    {
        RunningProcess process = processes.Start("Jaeger", new ProcessCommand(Parts.PathOf("jaeger", "jaeger"), ["--config", Parts.PathOf("jaeger", "jaeger.yaml")])
        {
            Environment =
            [
                Port("OTLP_GRPC", ports.Grpc), Port("OTLP_HTTP", ports.Http), Port("QUERY", ports.Query),
                Port("QUERY_GRPC", ports.QueryGrpc), Port("HEALTH", ports.Health),
            ],
        });
        var jaeger = new JaegerServer(process, ports);
        using HttpClient health = Loopback.Client(new Uri($"http://127.0.0.1:{ports.Health}"));
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"Jaeger ended: {process.Tail}");
                return await IsOkAsync(health, "/status");
            },
            "Jaeger to be ready");
        return jaeger;
    }

    /// <summary>OpenTelemetry's variables that send the gateway's spans here, soon after they ended.</summary>
    public (string Name, string Value)[] Exporting(string protocol) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{(protocol == "grpc" ? _ports.Grpc : _ports.Http)}"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];

    /// <summary>
    /// The spans of one trace, once Jaeger has its root, which of the gateway's ends and is exported last, and the Server spans of these
    /// <paramref name="services"/>, which export for themselves.
    /// </summary>
    public async Task<IReadOnlyList<JaegerSpan>> FindAsync(string traceId, params string[] services)
    {
        IReadOnlyList<JaegerSpan> spans = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                spans = await TraceAsync(traceId);
                return spans.Any(static span => span.ParentId is null)
                    && services.All(service => spans.Any(span => span.Service == service && span.Kind == "server"));
            },
            string.Join(' ', ["Jaeger to know the trace", traceId, .. services]));
        return spans;
    }

    /// <summary>The spans of one trace; none where Jaeger does not know it.</summary>
    public async Task<IReadOnlyList<JaegerSpan>> TraceAsync(string traceId)
    {
        using HttpResponseMessage answer = await _query.GetAsync($"/api/traces/{traceId}");
        return answer.StatusCode == HttpStatusCode.NotFound
            ? []
            : [.. (await ReadAsync(answer)).SelectMany(static trace => trace)];
    }

    /// <summary>The traces that have a span with this tag.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> SearchAsync(string tag, string value)
    {
        string tags = JsonSerializer.Serialize(new Dictionary<string, string> { [tag] = value });
        using HttpResponseMessage answer = await _query.GetAsync($"/api/traces?service=loopgate&limit=1000&lookback=1h&tags={Uri.EscapeDataString(tags)}");
        return await ReadAsync(answer);
    }

    private static (string Name, string Value) Port(string name, int port) => ($"JAEGER_{name}_PORT", port.ToString(CultureInfo.InvariantCulture));

    private static async Task<bool> IsOkAsync(HttpClient client, string path)
    {
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(path);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> ReadAsync(HttpResponseMessage answer)
    {
        Assert.True(answer.IsSuccessStatusCode, $"Jaeger answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        JsonElement content = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return
        [
            .. content.GetProperty("data").EnumerateArray()
                .Select(static trace => (IReadOnlyList<JaegerSpan>)[.. JaegerSpan.AllOf(trace)]),
        ];
    }
}

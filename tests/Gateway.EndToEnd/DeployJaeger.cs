using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>A real Jaeger with the configuration that is shipped in <c>deploy/jaeger</c>.</summary>
internal sealed partial class DeployJaeger
{
    private readonly Uri _collector;
    private readonly Uri _health;

    private DeployJaeger(RunningProcess process, Uri collector, Uri page, Uri spanMetrics, Uri health)
    {
        (Process, _collector, SpanMetrics, _health) = (process, collector, spanMetrics, health);
        Page = Loopback.Client(page);
    }

    public static string Folder { get; } = Path.Combine(Parts.Repository, "deploy", "jaeger");

    public RunningProcess Process { get; }

    /// <summary>Asks the port of the page, which is that of the query API.</summary>
    public HttpClient Page { get; }

    /// <summary>Where Prometheus finds what was made of the spans.</summary>
    public Uri SpanMetrics { get; }

    /// <summary>OpenTelemetry's variables that send the gateway's spans here, soon after they ended.</summary>
    public (string Name, string Value)[] Exporting =>
        [.. GatewayProcess.Production, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.AbsoluteUri), ("OTEL_METRICS_EXPORTER", "prometheus"), ("OTEL_BSP_SCHEDULE_DELAY", "100")];

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="processes">Where the process belongs.</param>
    /// <param name="files">More configuration files of the folder, laid over the first one.</param>
    /// <param name="environment">What the configuration takes from the environment, beside the ports.</param>
    public static async Task<DeployJaeger> StartAsync(ProcessSet processes, string[] files, params (string Name, string Value)[] environment)
    {
        Parts.Need("jaeger");
        int[] ports = [.. Enumerable.Range(0, 6).Select(static _ => Loopback.FreePort())];
        string[] names = ["OTLP_GRPC", "OTLP_HTTP", "QUERY", "QUERY_GRPC", "SPANMETRICS", "HEALTH"];
        string[] arguments = [.. files.Prepend("jaeger.yaml").SelectMany(static file => new[] { "--config", Path.Combine(Folder, file) })];
        RunningProcess process = processes.Start("Jaeger", new ProcessCommand(Parts.PathOf("jaeger", "jaeger"), arguments)
        {
            Environment =
            [
                ("JAEGER_UI_CONFIG", Path.Combine(Folder, "ui.json")),
                .. names.Zip(ports, static (name, port) => ($"JAEGER_{name}_PORT", port.ToString(CultureInfo.InvariantCulture))),
                .. environment,
            ],
        });
        var jaeger = new DeployJaeger(process, At(ports[0]), At(ports[2]), At(ports[4]), At(ports[5]));
        await jaeger.IsReadyAsync();
        return jaeger;
    }

    /// <summary>What a link leads to, asked for as the page asks: its search page has the words of the query API.</summary>
    public Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> FollowAsync(string link)
    {
        Assert.StartsWith("/search?", link, StringComparison.Ordinal);
        return TracesAsync(link["/search?".Length..]);
    }

    /// <summary>The traces that have a span with all of these tags.</summary>
    public Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> SearchAsync(params (string Tag, string Value)[] tags)
    {
        string json = JsonSerializer.Serialize(tags.ToDictionary(static tag => tag.Tag, static tag => tag.Value));
        return TracesAsync($"service=loopgate&limit=1500&tags={Uri.EscapeDataString(json)}");
    }

    /// <summary>The traces that have a span of this name.</summary>
    public Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> OperationAsync(string name) =>
        TracesAsync($"service=loopgate&limit=1500&operation={Uri.EscapeDataString(name)}");

    /// <summary>Waits until so many requests are there to be found.</summary>
    public Task HasRequestsAsync(int count) =>
        Eventually.HoldsAsync(async () => await RequestsAsync() >= count, $"{count} requests in Jaeger");

    /// <summary>The traces that have a Server span; others are those of connections.</summary>
    public async Task<int> RequestsAsync() =>
        (await TracesAsync("service=loopgate&limit=5000")).Count(static trace => trace.Any(static span => span.Kind == "server"));

    /// <summary>The configuration that the page was given.</summary>
    public async Task<string> PageConfigurationAsync()
    {
        Match match = GivenToThePage.Match(await Page.GetStringAsync("/"));
        Assert.True(match.Success, "The page was given no configuration.");
        return match.Groups[1].Value;
    }

    private static Uri At(int port) => new($"http://127.0.0.1:{port}");

    private async Task<IReadOnlyList<IReadOnlyList<JaegerSpan>>> TracesAsync(string query)
    {
        JsonElement answer = await Page.GetFromJsonAsync<JsonElement>($"/api/traces?{query}");
        return
        [
            .. answer.GetProperty("data").EnumerateArray()
                .Select(static trace => (IReadOnlyList<JaegerSpan>)[.. JaegerSpan.AllOf(trace)]),
        ];
    }

    private async Task IsReadyAsync()
    {
        using HttpClient health = Loopback.Client(_health);
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(Process.HasExited, $"Jaeger ended: {Process.Tail}");
                try
                {
                    using HttpResponseMessage answer = await health.GetAsync("/status");
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "Jaeger to be ready");
    }

    [GeneratedRegex("^JAEGER_CONFIG = (.*);$", RegexOptions.Multiline)]
    private static partial Regex GivenToThePage { get; }
}

using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What Jaeger's Monitor tab has, through a real Prometheus with the configuration that is shipped.</summary>
public sealed class DeployMonitorTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Fact]
    public async Task The_monitor_tab_has_each_request_once()
    {
        DeployFiles.NeedProgram("prometheus");
        Parts.Need("jaeger");
        var prometheus = new Uri($"http://127.0.0.1:{Loopback.FreePort()}");
        DeployJaeger jaeger = await DeployJaeger.StartAsync(
            Processes, [], ("PROMETHEUS_URL", prometheus.GetLeftPart(UriPartial.Authority)), ("JAEGER_SPANMETRICS_EVERY", "1s"));
        await using LocalServer app = await LocalServer.StartAsync(static context =>
        {
            context.Response.StatusCode = context.Request.Path == "/bad" ? 500 : 200;
            return Task.CompletedTask;
        });
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, jaeger.Exporting, [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={Loopback.Nowhere}"]);
        using HttpClient client = await StartPrometheusAsync(prometheus, gateway, jaeger);

        await Load.InARowAsync(gateway.Client, "/good", 15);
        await Load.InARowAsync(gateway.Client, "/bad", 5);

        await HasAsync(client, """sum(traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER"})""", 20);
        await HasAsync(client, """sum(traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR"})""", 5);
        await HasAsync(client, """sum(http_server_request_duration_seconds_count{job="loopgate"})""", 20);
        await Eventually.HoldsAsync(async () => await MonitoredAsync(jaeger) is ["GET /{**rest}"], "the operation on the Monitor tab");
    }

    private static async Task HasAsync(HttpClient prometheus, string query, double expected)
    {
        double last = double.NaN;
        await Eventually.HoldsAsync(
            async () =>
            {
                JsonElement answer = await prometheus.GetFromJsonAsync<JsonElement>($"/api/v1/query?query={Uri.EscapeDataString(query)}");
                JsonElement[] result = [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
                last = result.Length == 0 ? 0 : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
                Assert.True(last <= expected, $"{query} is {last}, more than {expected}.");
                return last == expected;
            },
            $"{query} to be {expected}",
            TimeSpan.FromSeconds(40));
    }

    /// <summary>The operations that the Monitor tab shows for Server spans.</summary>
    private static async Task<string[]> MonitoredAsync(DeployJaeger jaeger)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        JsonElement calls = await jaeger.Page.GetFromJsonAsync<JsonElement>(
            $"/api/metrics/calls?service=loopgate&spanKind=server&groupByOperation=true&ratePer=60000&step=1000&lookback=60000&endTs={now}");
        return
        [
            .. calls.GetProperty("metrics").EnumerateArray()
                .SelectMany(static metric => metric.GetProperty("labels").EnumerateArray())
                .Where(static label => label.GetProperty("name").GetString() == "operation")
                .Select(static label => label.GetProperty("value").GetString()!),
        ];
    }

    /// <summary>The configuration that is shipped, with addresses of this machine.</summary>
    private async Task<HttpClient> StartPrometheusAsync(Uri address, GatewayProcess gateway, DeployJaeger jaeger)
    {
        string shipped = await File.ReadAllTextAsync(DeployFiles.PathOf("prometheus", "prometheus.yaml"));
        string local = shipped
            .Replace("gateway:8081", gateway.Admin.Authority, StringComparison.Ordinal)
            .Replace("jaeger:8889", jaeger.SpanMetrics.Authority, StringComparison.Ordinal)
            .Replace("[alerts.yaml]", $"[{DeployFiles.PathOf("prometheus", "alerts.yaml")}]", StringComparison.Ordinal)
            .Replace(": 15s", ": 1s", StringComparison.Ordinal);
        RunningProcess process = Processes.Start("Prometheus", new ProcessCommand("bash",
        [
            "-c", "printf %s \"$1\" > prometheus.yaml && exec prometheus --config.file=prometheus.yaml --storage.tsdb.path=data --web.listen-address=\"$2\"",
            "-", local, address.Authority,
        ]));
        HttpClient client = Loopback.Client(address);
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"Prometheus ended: {process.Tail}");
                try
                {
                    using HttpResponseMessage answer = await client.GetAsync("/-/ready");
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "Prometheus to be ready");
        return client;
    }
}

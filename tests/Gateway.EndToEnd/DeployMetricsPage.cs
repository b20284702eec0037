using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>What a gateway's admin port shows to Prometheus.</summary>
internal static class DeployMetricsPage
{
    /// <summary>
    /// The metrics of one gateway that met all that the alerts are about: a view that died, a cluster that refused it and then went away, an
    /// app that was not there, a request that is none, a configuration that was broken while it ran, and no collector.
    /// </summary>
    public static async Task<IReadOnlyList<DeployPromQl.Series>> AfterEveryFailureAsync(ProcessSet processes)
    {
        int refusing = 0;
        await using LocalServer app = await LocalServer.StartAsync(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            context.Response.Headers["X-Loop"] = """id=9f3c21aa.2;use=1;error="Event loop is closed";dead=9f3c21aa.1""";
            return Task.CompletedTask;
        });
        await using LocalServer cluster = await LocalServer.StartAsync(context =>
        {
            context.Response.StatusCode = Volatile.Read(ref refusing) == 1 ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK;
            context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
            return context.Response.WriteAsJsonAsync(new { name = "n", cluster_name = "c", tagline = "You Know, for Search" });
        });
        DirectoryInfo configuration = Directory.CreateTempSubdirectory("loopgate-metrics-");
        await ConfigureAsync(configuration, "{}");
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            processes,
            [("ASPNETCORE_ENVIRONMENT", "Production"), ("GATEWAY_CONFIG", configuration.FullName), ("OTEL_EXPORTER_OTLP_ENDPOINT", Loopback.Nowhere.AbsoluteUri), ("OTEL_METRICS_EXPORTER", "prometheus"), ("OTEL_BSP_SCHEDULE_DELAY", "100")],
            [$"--Legacy:Address={app.Address}", $"--Elasticsearch:Nodes:0={cluster.Address}"]);

        Assert.Equal(HttpStatusCode.OK, (await Load.GetAsync(gateway.Client, "/")).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await Load.GetAsync(gateway.Client, "/dies")).Status);
        Volatile.Write(ref refusing, 1);
        Assert.Equal(HttpStatusCode.BadGateway, (await Load.GetAsync(gateway.Client, "/")).Status);
        await cluster.DisposeAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Load.GetAsync(gateway.Client, "/")).Status);
        await app.DisposeAsync();
        Assert.Equal(HttpStatusCode.BadGateway, (await Load.GetAsync(gateway.Client, "/away")).Status);
        await SendNonsenseAsync(gateway.Address);
        await ConfigureAsync(configuration, "{");

        IReadOnlyList<DeployPromQl.Series> shown = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                shown = await ScrapeAsync(gateway);
                return shown.Any(static series => series.Name == "loopgate_spans_dropped_total")
                    && shown.Any(static series => series.Name == "loopgate_configuration_reloads_total")
                    && shown.Any(static series => series.Name == "loopgate_views_reloads_total")
                    && shown.Any(static series => series.Name == "kestrel_connection_duration_seconds_count" && series.Labels.ContainsKey("error_type"));
            },
            "spans to be dropped, and the nonsense and the configuration to be refused");
        configuration.Delete(recursive: true);
        return shown;
    }

    private static async Task ConfigureAsync(DirectoryInfo folder, string text)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "gateway.json"), text);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "views.json"), text);
    }

    private static async Task SendNonsenseAsync(Uri address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync("nonsense\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    /// <summary>Asks as Prometheus does, for OpenMetrics.</summary>
    private static async Task<IReadOnlyList<DeployPromQl.Series>> ScrapeAsync(GatewayProcess gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0"));
        using HttpResponseMessage answer = await gateway.AdminClient.SendAsync(request);
        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType!.MediaType);
        return DeployPromQl.SeriesOf(await answer.Content.ReadAsStringAsync());
    }
}

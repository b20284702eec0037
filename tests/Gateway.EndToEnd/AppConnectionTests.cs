using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>Connections between the gateway and the app, on the servers that Python apps run on.</summary>
public sealed class AppConnectionTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Fact]
    public async Task A_worker_without_keep_alive_shows_a_new_connection_for_each_request()
    {
        GatewayProcess gateway = await StartAsync(PythonApp.FlaskOnGunicorn);

        await Load.InARowAsync(gateway.Client, "/sync", 5);

        Span[] calls = await CallsAsync(gateway, 5);
        Assert.All(calls, static call => Assert.Equal(("1", "false"), (call["loopgate.connection.use"], call["loopgate.connection.reused"])));
        Assert.Equal(5, calls.Select(static call => call["loopgate.connection.id"]).Distinct().Count());
    }

    [Fact]
    public async Task A_worker_with_keep_alive_shows_reuse()
    {
        // Kept for longer than the 0.8 s that are shipped, and the 2 s of gunicorn.
        GatewayProcess gateway = await StartAsync(
            "gunicorn -w 1 -k gthread --threads 4 --keep-alive 60 -b 127.0.0.1:0 flask_app:app", "--Legacy:PooledConnectionIdleTimeout=00:01:00");

        await Load.InARowAsync(gateway.Client, "/sync", 5);

        Span[] calls = await CallsAsync(gateway, 5);
        Assert.Single(calls.Select(static call => call["loopgate.connection.id"]).Distinct());
        Assert.Equal(["1", "2", "3", "4", "5"], calls.Select(static call => call["loopgate.connection.use"]));
    }

    [Fact]
    public async Task A_connection_for_each_request_spares_an_app_that_breaks_on_reuse()
    {
        GatewayProcess gateway = await StartAsync(PythonApp.FlaskOnUvicorn, "--Legacy:ReuseConnections=false");

        IReadOnlyList<Answer> answers = await Load.InARowAsync(gateway.Client, "/sync", 400);

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.All(await CallsAsync(gateway, 400), static call => Assert.Equal("false", call["loopgate.connection.reused"]));
    }

    [Fact]
    public async Task The_errors_of_an_app_that_breaks_on_reuse_are_on_reused_connections_only()
    {
        GatewayProcess gateway = await StartAsync(PythonApp.FlaskOnUvicorn, "--Inspect:Traces=10000");
        List<Answer> answers = [];
        while (answers.Count < 5000 && answers.Count(static answer => answer.Status == HttpStatusCode.InternalServerError) < 10)
        {
            answers.AddRange(await Load.AtOnceAsync(gateway.Address, "/sync", 250, connections: 4));
        }

        int failed = answers.Count(static answer => answer.Status == HttpStatusCode.InternalServerError);
        Output.WriteLine($"{failed} of {answers.Count} requests failed");
        Assert.True(failed > 0, $"None of {answers.Count} requests failed: WsgiToAsgi is cured, or its fault is not met.");
        Span[] broken = [.. (await CallsAsync(gateway, answers.Count)).Where(static call => call["http.response.status_code"] == "500")];
        Assert.Equal(failed, broken.Length);
        Assert.All(broken, static call => Assert.Equal("true", call["loopgate.connection.reused"]));
    }

    private static async Task<Span[]> CallsAsync(GatewayProcess gateway, int count) =>
        [.. (await gateway.TracesAsync(count)).Select(static trace => trace.Single(static span => span.IsHttpCall))];

    private async Task<GatewayProcess> StartAsync(string command, params string[] settings)
    {
        PythonApp app = await PythonApp.StartAsync(Processes, command);
        return await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere, settings);
    }
}

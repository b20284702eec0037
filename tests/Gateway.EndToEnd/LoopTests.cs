using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What the app's probe reports of its loops, and how the traces show it.</summary>
public sealed class LoopTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string LoopId = "loopgate.loop.id";

    [Theory]
    [InlineData(PythonApp.FlaskOnGunicorn)]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 django_app:application")]
    public async Task Under_wsgi_each_request_of_an_async_view_has_a_new_loop(string command)
    {
        Span[] served = await ServedAsync(command, "/loop", 5);

        Assert.Equal(5, served.Select(static span => span[LoopId]).Distinct().Count());
        Assert.All(served, static span =>
        {
            Assert.NotNull(span[LoopId]);
            Assert.Equal(("1", "false"), (span["loopgate.loop.use"], span["loopgate.loop.reused"]));
        });
    }

    [Theory]
    [InlineData(PythonApp.QuartOnUvicorn)]
    [InlineData("hypercorn -b 127.0.0.1:0 quart_app:app")]
    public async Task Under_asgi_one_loop_is_used_again_and_again(string command)
    {
        Span[] served = await ServedAsync(command, "/loop", 5);

        Assert.NotNull(Assert.Single(served.Select(static span => span[LoopId]).Distinct()));
        long first = Use(served[0]);
        Assert.Equal([first, first + 1, first + 2, first + 3, first + 4], served.Select(Use));
        Assert.All(served.Skip(1), static span => Assert.Equal("true", span["loopgate.loop.reused"]));
    }

    [Fact]
    public async Task A_view_that_dies_names_the_dead_loop_of_the_request_that_made_it()
    {
        Parts.Need("python", "elasticsearch");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn, elasticsearch.Address);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, elasticsearch.Address, "--Views:info:Path=/moved-away");

        IReadOnlyList<Answer> answers = await Load.InARowAsync(gateway.Client, "/", 3);

        Span[] served = await ServedAsync(gateway, 3);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError], answers.Select(static answer => answer.Status));
        Assert.Null(served[0]["loopgate.loop.error"]);
        Assert.All(served.Skip(1), span =>
        {
            Assert.Equal("Event loop is closed", span["loopgate.loop.error"]);
            Assert.Equal(served[0][LoopId], span["loopgate.loop.dead"]);
            Assert.NotEqual(served[0][LoopId], span[LoopId]);
            Assert.Equal("Error", span.Status);
        });
    }

    [Fact]
    public async Task The_report_does_not_reach_the_client()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        using HttpClient direct = Loopback.Client(app.Address);

        using HttpResponseMessage own = await direct.GetAsync("/loop");
        using HttpResponseMessage proxied = await gateway.Client.GetAsync("/loop");

        Assert.True(own.Headers.Contains("X-Loop"));
        Assert.Equal(HttpStatusCode.OK, proxied.StatusCode);
        Assert.False(proxied.Headers.Contains("X-Loop"));
    }

    private static long Use(Span span) => span.Attributes["loopgate.loop.use"].GetInt64();

    private static async Task<Span[]> ServedAsync(GatewayProcess gateway, int count) =>
        [.. (await gateway.TracesAsync(count)).Select(static trace => trace.Single(static span => span.IsServer))];

    private async Task<Span[]> ServedAsync(string command, string path, int count)
    {
        PythonApp app = await PythonApp.StartAsync(Processes, command);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        Assert.All(await Load.InARowAsync(gateway.Client, path, count), static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        return await ServedAsync(gateway, count);
    }
}

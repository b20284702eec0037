using System.Globalization;
using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What the traces say of the app's loops, on each server that people run such an app on.</summary>
public sealed class LoopServerTests(SharedServers servers, ITestOutputHelper output) : LoopTest(servers, output)
{
    [Theory]
    [InlineData(PythonApp.FlaskOnGunicorn)]
    [InlineData("gunicorn -w 1 -k gthread --threads 4 -b 127.0.0.1:0 flask_app:app")]
    [InlineData("gunicorn -w 1 -k gevent -b 127.0.0.1:0 flask_app:app")]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 django_app:application")]
    [InlineData("gunicorn -w 1 -k gthread --threads 4 -b 127.0.0.1:0 django_app:application")]
    [InlineData("gunicorn -w 1 -k gevent -b 127.0.0.1:0 django_app:application")]
    public async Task Under_wsgi_each_loop_serves_one_request_and_the_client_bound_to_the_first_dies_with_it(string command)
    {
        Parts.Need("python", "elasticsearch");

        var asked = await AskAsync(command, [], "/sync", "/loop", "/loop", "/status/503", "/", "/", "/");

        LoopOnSpan[] loops = [.. asked.Select(static one => one.Loop)];
        string?[] ids = [.. loops.Select(static loop => loop.Id)];
        const string Closed = "Event loop is closed";
        Assert.Equal([200, 200, 200, 503, 200, 500, 500], asked.Select(static one => (int)one.Status));
        Assert.Equal(
            [
                LoopOnSpan.None, LoopOnSpan.Fresh(ids[1]), LoopOnSpan.Fresh(ids[2]), LoopOnSpan.None, LoopOnSpan.Fresh(ids[4]),
                LoopOnSpan.Fresh(ids[5]) with { Error = Closed, Dead = ids[4] }, LoopOnSpan.Fresh(ids[6]) with { Error = Closed, Dead = ids[4] },
            ],
            loops);
        string?[] made = [.. ids.OfType<string>()];
        Assert.Equal(5, made.Distinct().Count());
        Assert.All(made, static id => Assert.Matches("^[0-9a-f]{8}[.][1-9][0-9]*$", id));
    }

    [Theory]
    [InlineData(PythonApp.FlaskOnUvicorn, "--Legacy:ReuseConnections=false")]
    [InlineData("hypercorn -b 127.0.0.1:0 flask_asgi:app")]
    [InlineData("gunicorn -w 1 -k asgi -b 127.0.0.1:0 flask_asgi:app")]
    [InlineData(PythonApp.QuartOnUvicorn)]
    [InlineData("hypercorn -b 127.0.0.1:0 quart_app:app")]
    [InlineData("uvicorn --loop asyncio --port 0 fastapi_app:app")]
    [InlineData("hypercorn -b 127.0.0.1:0 fastapi_app:app")]
    [InlineData("uvicorn --port 0 django_app:asgi_application")]
    [InlineData("hypercorn -b 127.0.0.1:0 django_app:asgi_application")]
    public async Task Under_asgi_one_loop_serves_all_requests_and_the_client_bound_to_it_lives(string command, params string[] settings)
    {
        Parts.Need("python", "elasticsearch");

        var asked = await AskAsync(command, settings, "/loop", "/sync", "/", "/", "/");

        LoopOnSpan first = asked[0].Loop;
        long use = long.Parse(first.Use!, CultureInfo.InvariantCulture);
        Assert.All(asked, static one => Assert.Equal(HttpStatusCode.OK, one.Status));
        Assert.Matches("^[0-9a-f]{8}[.][1-9][0-9]*$", first.Id);
        Assert.Equal(
            Enumerable.Range(0, asked.Count).Select(i => new LoopOnSpan(first.Id, $"{use + i}", use + i > 1 ? "true" : "false")),
            asked.Select(static one => one.Loop));
    }

    [Fact]
    public async Task Workers_forked_from_one_app_share_no_id()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, "gunicorn -w 2 --preload -b 127.0.0.1:0 flask_app:app");
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        int asked = 0;
        IReadOnlyList<LoopOnSpan> loops = [];

        await Eventually.HoldsAsync(
            async () =>
            {
                asked += (await Load.AtOnceAsync(gateway.Address, "/async-sleep?ms=50", 8, connections: 8)).Count;
                loops = await LoopsAsync(gateway, asked);
                return loops.Select(static loop => loop.Process).Distinct().Count() == 2;
            },
            "ids of two processes");

        Assert.Equal(asked, loops.Select(static loop => loop.Id).Distinct().Count());
    }
}

using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What the traces say of a view that dies of its loop, each way that the probe knows, and of one that uses several.</summary>
public sealed class LoopErrorTests(SharedServers servers, ITestOutputHelper output) : LoopTest(servers, output)
{
    private const string Closed = "Event loop is closed";
    private const string Running = "from a running event loop";
    private const string SameThread = "in the same thread as an async event loop";

    /// <summary>The views of <c>Apps/loop_trouble.py</c> that use one loop.</summary>
    private static readonly (string View, int Status, string? Error)[] _views =
    [
        ("closed", 500, Closed),
        ("attached", 500, "attached to a different loop"),
        ("bound", 500, "bound to a different event loop"),
        ("task", 500, "should be used inside a task"),
        ("nested", 500, Running),
        ("twice", 500, "event loop is already running"),
        ("another", 500, "while another loop is running"),
        ("thread", 500, SameThread),
        ("wrapped", 500, "bound to a different event loop"),
        ("caught", 200, Closed),
        ("innocent", 500, null),
    ];

    // Gevent's threads are greenlets of one thread, so a loop beside the view's own is one more way to die there. Connections are not
    // reused, because uvicorn closes that of a FastAPI view that died without having said so, maybe with the next request on it.
    [Theory]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 trouble_apps:flask()", "2", "8")]
    [InlineData("gunicorn -w 1 -k gthread --threads 4 -b 127.0.0.1:0 trouble_apps:flask()", "2", "8")]
    [InlineData("gunicorn -w 1 -k gevent -b 127.0.0.1:0 trouble_apps:flask()", null, null)]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 trouble_apps:django()", "2", "8")]
    [InlineData("gunicorn -w 1 -k gthread --threads 4 -b 127.0.0.1:0 trouble_apps:django()", "2", "8")]
    [InlineData("gunicorn -w 1 -k gevent -b 127.0.0.1:0 trouble_apps:django()", null, null)]
    [InlineData("uvicorn --factory --port 0 trouble_apps:flask_asgi", "2", "8")]
    [InlineData("hypercorn -b 127.0.0.1:0 trouble_apps:flask_asgi()", "2", "8")]
    [InlineData("uvicorn --factory --port 0 trouble_apps:quart", "2", "8")]
    [InlineData("hypercorn -b 127.0.0.1:0 trouble_apps:quart()", "2", "8")]
    [InlineData("uvicorn --factory --port 0 trouble_apps:fastapi", "2", "8")]
    [InlineData("hypercorn -b 127.0.0.1:0 trouble_apps:fastapi()", "2", "8")]
    [InlineData("uvicorn --factory --port 0 trouble_apps:django_asgi", "2", "8")]
    [InlineData("hypercorn -b 127.0.0.1:0 trouble_apps:django_asgi()", "2", "8")]
    public async Task A_view_that_dies_of_its_loop_says_how_and_one_with_several_loops_counts_them(string command, string? two, string? nine)
    {
        string[] views = [.. _views.Select(static view => view.View), "two", "nine"];

        var asked = await AskAsync(command, ["--Legacy:ReuseConnections=false"], [.. views.Select(static view => $"/trouble/{view}")]);

        string? beside = two is null ? Running : null;
        int status = two is null ? 500 : 200;
        Assert.Equal(
            [.. _views, ("two", status, beside), ("nine", status, beside)],
            views.Zip(asked, static (view, one) => (view, (int)one.Status, one.Loop.Error)));
        LoopOnSpan[] loops = [.. asked.Select(static one => one.Loop)];
        Assert.Equal([.. _views.Select(static _ => (string?)null), two, nine], loops.Select(static loop => loop.Count));
        string dead = Assert.Single(loops.Select(static loop => loop.Dead).OfType<string>().Distinct());
        Assert.Equal(_views.Select(view => view.Error == Closed ? dead : null), loops.Take(_views.Length).Select(static loop => loop.Dead));
        Assert.DoesNotContain(dead, loops.Select(static loop => loop.Id));
        Assert.DoesNotContain(null, loops.Select(static loop => loop.Id));
    }

    [Fact]
    public async Task A_view_that_dies_before_its_loop_is_made_has_the_error_alone()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, "gunicorn -w 1 -k gevent -b 127.0.0.1:0 flask_app:app");
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);

        IReadOnlyCollection<Answer> answers = await Load.AtOnceAsync(gateway.Address, "/async-sleep?ms=1000", 4, connections: 4);

        LoopOnSpan[] died = [.. (await LoopsAsync(gateway, 4)).Where(static loop => loop.Error is not null)];
        Assert.NotEmpty(died);
        Assert.Equal(answers.Count(static answer => (int)answer.Status == 500), died.Length);
        Assert.All(died, static loop => Assert.Contains(loop.Error, (string[])[Running, SameThread]));
        Assert.Contains(died, static loop => loop == LoopOnSpan.None with { Error = loop.Error });
    }
}

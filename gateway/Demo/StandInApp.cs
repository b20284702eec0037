using Gateway.Tracing;

namespace Gateway.Demo;

/// <summary>
/// An app as Flask runs it under WSGI: each async view gets a loop of its own, which is closed when the view is done, and one async
/// client is a global.
/// </summary>
internal sealed class StandInApp(Uri cluster)
{
    public const int PreferredPort = 8000;

    private readonly SerialIds _loopIds = new();
    private readonly LoopBoundClient _client = new(new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false }), cluster);

    public void Map(WebApplication app)
    {
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (CancellationToken cancellation) => RunViewAsync(
            async () => Results.Bytes(Views.PythonJson.Write(await _client.InfoAsync(cancellation), Views.PythonJsonStyle.Flask), "application/json")));
        app.MapGet("/hello", (CancellationToken cancellation) => RunViewAsync(async () =>
        {
            await Task.Delay(1, cancellation);
            return Results.Text("Hello from an async view: it had a loop of its own.\n");
        }));
        app.MapGet("/plain", static () => Results.Text("Hello from a plain view: it had no loop.\n"));
        app.MapFallback(static () => Results.Text("The stand-in app has /, /hello and /plain.\n", statusCode: StatusCodes.Status404NotFound));
    }

    /// <summary>What WSGI frameworks do for an async view, and what the loop probe reports of it.</summary>
    private Task<IResult> RunViewAsync(Func<Task<IResult>> view) => Task.Run<IResult>(() =>
    {
        using var loop = new EventLoop(_loopIds.Next());
        try
        {
            return new Reported(loop.Run(view), $"id={loop.Id};use=1");
        }
        catch (RuntimeErrorException error)
        {
            string report = $"id={loop.Id};use=1;error=\"{error.Message}\"" + (error.Loop is { } dead ? $";dead={dead.Id}" : "");
            return new Reported(Results.Text($"RuntimeError: {error.Message}\n", statusCode: StatusCodes.Status500InternalServerError), report);
        }
        catch (HttpRequestException unreachable)
        {
            return new Reported(Results.Text($"ConnectionError: {unreachable.Message}\n", statusCode: StatusCodes.Status500InternalServerError), $"id={loop.Id};use=1");
        }
    });

    /// <summary>A result with the probe's field.</summary>
    private sealed class Reported(IResult inner, string report) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers["X-Loop"] = report;
            return inner.ExecuteAsync(httpContext);
        }
    }
}

using System.Net;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Hosting;

/// <summary>
/// Spreads requests over those gateways that say they are ready, which it asks ten times a second, and never asks twice: what fails behind it
/// fails for its client. A real one in this place follows readiness too; nginx alone does not, and meets listeners that are being closed.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(100);

    private readonly Func<GatewayProcess[]> _all;
    private readonly CancellationTokenSource _stop = new();
    private volatile GatewayProcess[] _ready = [];
    private LocalServer? _server;
    private Task _watching = Task.CompletedTask;
    private int _turn;

    private Balancer(Func<GatewayProcess[]> all) => _all = all;

    public Uri Address => _server!.Address;

    /// <summary>Those that it sends requests to now.</summary>
    public IReadOnlyList<GatewayProcess> Ready => _ready;

    public static async Task<Balancer> StartAsync(Func<GatewayProcess[]> all)
    {
        var balancer = new Balancer(all);
        await balancer.LookAsync();
        balancer._server = await LocalServer.StartAsync(balancer.ForwardAsync);
        balancer._watching = balancer.WatchAsync();
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await _server!.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(_every, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync()
    {
        List<GatewayProcess> ready = [];
        foreach (GatewayProcess gateway in _all())
        {
            if (await gateway.ReadinessAsync() == HttpStatusCode.OK)
            {
                ready.Add(gateway);
            }
        }

        _ready = [.. ready];
    }

    private async Task ForwardAsync(HttpContext context)
    {
        GatewayProcess[] ready = _ready;
        GatewayProcess gateway = ready[(int)((uint)Interlocked.Increment(ref _turn) % ready.Length)];
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path.Value);
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);
        context.Response.StatusCode = (int)answer.StatusCode;
        await answer.Content.CopyToAsync(context.Response.Body);
    }
}

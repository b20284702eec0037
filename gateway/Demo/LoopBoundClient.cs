namespace Gateway.Demo;

/// <summary>
/// An async client as Python's are: it binds to the loop that runs when it is first used, and hands its work to that loop from then
/// on. Nothing here counts requests: it breaks because that loop is closed.
/// </summary>
internal sealed class LoopBoundClient(HttpMessageInvoker http, Uri cluster)
{
    private EventLoop? _loop;

    public async Task<byte[]> InfoAsync(CancellationToken cancellation)
    {
        EventLoop bound = Interlocked.CompareExchange(ref _loop, EventLoop.Running, null) ?? EventLoop.Running;
        var scheduled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bound.Post(static state => ((TaskCompletionSource)state!).SetResult(), scheduled);
        await scheduled.Task;

        using var request = new HttpRequestMessage(HttpMethod.Get, cluster);
        using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(cancellation);
    }
}

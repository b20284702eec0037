using System.Collections.Concurrent;
using System.Net;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Clients that ask again and again over kept connections of one version of HTTP, some of them with a body, until they are told to stop.</summary>
public sealed class VersionedLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly Task _running;
    private int _answered;

    public VersionedLoad(Uri address, string version, int clients) =>
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(number => Task.Run(() => AskAsync(address, version, withBody: number % 2 == 0))));

    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Why each request that was lost was lost.</summary>
    public IReadOnlyCollection<string> Lost => _lost;

    /// <summary>Over HTTP/2 without TLS, which nobody negotiates; each client has one connection.</summary>
    public static HttpClient Client(Uri address, string version)
    {
        HttpClient client = Loopback.Client(address, 1);
        client.DefaultRequestVersion = Version.Parse(version);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    /// <summary>Waits for the answers that are under way; how many there were.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return Answered;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(Uri address, string version, bool withBody)
    {
        using HttpClient client = Client(address, version);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using HttpResponseMessage answer = withBody
                    ? await client.PostAsync("/quick", new StringContent("body"))
                    : await client.GetAsync("/quick");
                string body = await answer.Content.ReadAsStringAsync();
                if (answer.StatusCode != HttpStatusCode.OK || body != "done")
                {
                    _lost.Enqueue($"{(int)answer.StatusCode} {body}");
                }
            }
            catch (Exception none) when (none is HttpRequestException or OperationCanceledException)
            {
                _lost.Enqueue(none.Message);
            }

            Interlocked.Increment(ref _answered);
        }
    }
}

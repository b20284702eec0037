using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.EndToEnd.Hosting;

/// <summary>One answer under load: when it was asked for and when it was there, both since the load began, and what it was; status 0 where there was none.</summary>
public sealed record TimedAnswer(TimeSpan Asked, TimeSpan Answered, int Status, string Body)
{
    public TimeSpan Took => Answered - Asked;
}

/// <summary>Clients that ask again and again until they are told to stop, each over a connection of its own.</summary>
public sealed class SteadyLoad : IAsyncDisposable
{
    /// <summary>Between two requests of a client: the servers under test need the processor too.</summary>
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(10);

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<TimedAnswer> _answers = new();
    private readonly Task _running;

    public SteadyLoad(Uri address, string path, int connections) =>
        _running = Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => AskAsync(address, path))));

    /// <summary>Since the load began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    public IReadOnlyCollection<TimedAnswer> Answers => _answers;

    /// <summary>Lets it go on for so long.</summary>
    public Task LastAsync(TimeSpan time) => Task.Delay(time, _stop.Token);

    /// <summary>Waits until so many more have been answered.</summary>
    public Task MoreAsync(int count)
    {
        int until = _answers.Count + count;
        return Eventually.Holds(() => _answers.Count >= until || _running.IsCompleted, $"{count} more answers", TimeSpan.FromSeconds(60));
    }

    /// <summary>Waits for the answers that are under way.</summary>
    public async Task<IReadOnlyList<TimedAnswer>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return [.. _answers];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(Uri address, string path)
    {
        using HttpClient client = Loopback.Client(address, 1);
        while (!_stop.IsCancellationRequested)
        {
            TimeSpan asked = Now;
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(path);
                string body = await answer.Content.ReadAsStringAsync();
                _answers.Enqueue(new TimedAnswer(asked, Now, (int)answer.StatusCode, body));
            }
            catch (Exception none) when (none is HttpRequestException or OperationCanceledException)
            {
                _answers.Enqueue(new TimedAnswer(asked, Now, 0, none.Message));
            }

            await Task.Delay(_pace, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

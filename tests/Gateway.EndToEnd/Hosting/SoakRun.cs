using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.EndToEnd.Hosting;

/// <summary>
/// A mix of clients, good and bad, with faults that come for a window of time and go for the next, so that both kinds of windows meet the same
/// machine and the same age of the process.
/// </summary>
public sealed class SoakRun(GatewayProcess gateway, Toxiproxy wires, string folder, Func<int, string> configuration) : IDisposable
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly ConcurrentQueue<(bool Faulty, int Window, double Milliseconds)> _healthy = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _faulty;
    private volatile int _window;

    /// <summary>How often each kind of client had which answer.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    public async Task RunAsync(int windows, Action<int> sample)
    {
        Task[] clients =
        [
            .. Repeat(3, _ => GetAsync("healthy", "/healthy", faultyOnly: false)), .. Repeat(2, _ => GetAsync("app", "/quick", faultyOnly: false)),
            GetAsync("app", "/big", faultyOnly: false), PostAsync(), .. Repeat(2, _ => GetAsync("view", "/", faultyOnly: false)),
            .. Repeat(4, _ => GetAsync("slow", "/slow", faultyOnly: true)), .. Repeat(3, VisitAsync), ReloadAsync(),
        ];
        for (; _window < windows; _window++)
        {
            _faulty = _window % 2 == 1;
            await (_faulty ? HurtAsync() : Task.Delay(Window));
            sample(_window);
        }

        await _stop.CancelAsync();
        await Task.WhenAll(clients);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>The middle one of the windows' 99th percentiles on the healthy route, in milliseconds; the first two windows warm the process up.</summary>
    public double Percentile(bool faulty)
    {
        double[] all = [.. _healthy.Where(one => one.Faulty == faulty && one.Window > 1).GroupBy(static one => one.Window).Select(static window => PercentileOf(window.Select(static one => one.Milliseconds))).Order()];
        return all[all.Length / 2];
    }

    public double PercentileOfWindow(int window) => PercentileOf(_healthy.Where(one => one.Window == window).Select(static one => one.Milliseconds));

    private static double PercentileOf(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length * 99 / 100];
    }

    private static IEnumerable<Task> Repeat(int count, Func<int, Task> client) => Enumerable.Range(0, count).Select(client).ToArray();

    /// <summary>Each fault in turn on both wires, a different one on each, and then a moment without.</summary>
    private async Task HurtAsync()
    {
        for (int i = 0; i < Fault.All.Count; i++)
        {
            await wires.SetAsync("app", Fault.All[i]);
            await wires.SetAsync("node", Fault.All[(i + 2) % Fault.All.Count]);
            await Task.Delay(Window / (Fault.All.Count + 1));
        }

        await wires.SetAsync("app", null);
        await wires.SetAsync("node", null);
        await Task.Delay(Window / (Fault.All.Count + 1));
    }

    private Task GetAsync(string kind, string path, bool faultyOnly) => AskAsync(kind, client => client.GetAsync(path, _stop.Token), faultyOnly);

    private Task PostAsync() => AskAsync("app", client => client.PostAsync("/echo", new ByteArrayContent(new byte[20_000]), _stop.Token), faultyOnly: false);

    private async Task AskAsync(string kind, Func<HttpClient, Task<HttpResponseMessage>> ask, bool faultyOnly)
    {
        using HttpClient client = Loopback.Client(gateway.Address, 1);
        while (!_stop.IsCancellationRequested)
        {
            if (!faultyOnly || _faulty)
            {
                (bool faulty, int window) = (_faulty, _window);
                long started = Stopwatch.GetTimestamp();
                string answer = await OutcomeAsync(client, ask);
                if (kind == "healthy")
                {
                    _healthy.Enqueue((faulty, window, Stopwatch.GetElapsedTime(started).TotalMilliseconds));
                }

                if (!_stop.IsCancellationRequested)
                {
                    _answers.AddOrUpdate($"{kind} {answer}", 1, static (_, count) => count + 1);
                }
            }

            await Task.Delay(10, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<string> OutcomeAsync(HttpClient client, Func<HttpClient, Task<HttpResponseMessage>> ask)
    {
        try
        {
            using HttpResponseMessage answer = await ask(client);
            await answer.Content.ReadAsByteArrayAsync();
            return $"{(int)answer.StatusCode}";
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
        {
            return "broken";
        }
    }

    private async Task VisitAsync(int client)
    {
        for (int number = client; !_stop.IsCancellationRequested; number += 3)
        {
            await (_faulty ? BadClients.VisitAsync(gateway.Address, number) : Task.Delay(100));
        }
    }

    private async Task ReloadAsync()
    {
        for (int change = 1; !_stop.IsCancellationRequested; change++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "next"), configuration(change));
            File.Move(Path.Combine(folder, "next"), Path.Combine(folder, "gateway.json"), overwrite: true);
            await Task.Delay(1_500, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

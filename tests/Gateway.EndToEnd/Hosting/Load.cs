using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Requests in numbers.</summary>
public static class Load
{
    public static async Task<Answer> GetAsync(HttpClient client, string path)
    {
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.GetAsync(path);
        return new Answer(answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(), Stopwatch.GetElapsedTime(started));
    }

    /// <summary>One after another.</summary>
    public static async Task<IReadOnlyList<Answer>> InARowAsync(HttpClient client, string path, int count)
    {
        List<Answer> answers = [];
        for (int i = 0; i < count; i++)
        {
            answers.Add(await GetAsync(client, path));
        }

        return answers;
    }

    /// <summary>From <paramref name="connections"/> clients at once, each with a connection of its own, together <paramref name="count"/>.</summary>
    public static async Task<IReadOnlyCollection<Answer>> AtOnceAsync(Uri address, string path, int count, int connections = 16)
    {
        var answers = new ConcurrentQueue<Answer>();
        int left = count;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            using HttpClient client = Loopback.Client(address, 1);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                answers.Enqueue(await GetAsync(client, path));
            }
        }));
        return answers;
    }
}

using System.Collections.Concurrent;
using System.Net;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Legacy;

/// <summary>An app of which every other answer fails for a while: its clients see no more failures than it has, it gets no storm of repeats, and what comes after is served at once.</summary>
public sealed class FlappingTests(ITestOutputHelper output)
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const int Clients = 8;
    private const int Requests = 100;

    /// <summary>What the app did with a request that reached it.</summary>
    private enum Play
    {
        Answers,
        Refuses,
        Ends,
        Resets,
        BreaksOff,
    }

    [Fact]
    public async Task No_request_fails_but_by_the_app_and_the_first_after_it_recovered_is_served()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        bool flaps = true;
        var plays = new ConcurrentDictionary<string, ConcurrentQueue<Play>>();
        await using var app = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                ConcurrentQueue<Play> seen = plays.GetOrAdd(request.Target, static _ => []);
                Play play = Volatile.Read(ref flaps) ? Draw(seed, request.Target, seen.Count) : Play.Answers;
                seen.Enqueue(play);
                if (!await PlayAsync(connection, play))
                {
                    return;
                }
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        (string Target, bool IsServed)[] flapping = await AskAsync(gateway, "flapping");
        Volatile.Write(ref flaps, false);
        (string Target, bool IsServed)[] recovered = await AskAsync(gateway, "recovered");

        Assert.All(flapping, one => Assert.Equal(one.IsServed, plays[one.Target].Last() == Play.Answers));
        Assert.All(recovered, static one => Assert.True(one.IsServed, $"{one.Target} failed after the app had recovered"));
        int repeats = 0;
        foreach ((string target, ConcurrentQueue<Play> seen) in plays)
        {
            Assert.InRange(seen.Count, 1, target.StartsWith("/get", StringComparison.Ordinal) ? 2 : 1);
            repeats += seen.Count - 1;
            Assert.True(seen.Count == 1 || seen.First() is Play.Ends or Play.Resets, $"{target} was answered, and sent again");
        }

        output.WriteLine($"{flapping.Count(static one => !one.IsServed)} of {flapping.Length} failed, {repeats} were sent again");
        Assert.Contains(flapping, static one => !one.IsServed);
        Assert.NotEqual(0, repeats);
    }

    /// <summary>What becomes of a request follows from the seed, its target and its attempt alone.</summary>
    private static Play Draw(int seed, string target, int attempt)
    {
        var random = new Random(target.Aggregate(seed + attempt, static (hash, letter) => unchecked((hash * 31) + letter)));
        return random.Next(2) == 0 ? Play.Answers : (Play)random.Next((int)Play.Refuses, (int)Play.BreaksOff + 1);
    }

    /// <summary>False where the connection ends with it.</summary>
    private static async Task<bool> PlayAsync(ScriptedConnection connection, Play play)
    {
        switch (play)
        {
            case Play.Answers:
                await connection.SendAsync(Ok);
                return true;
            case Play.Refuses:
                await connection.SendAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
                return true;
            case Play.BreaksOff:
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.");
                return false;
            case Play.Resets:
                connection.Reset();
                return false;
            default:
                return false;
        }
    }

    private static async Task<(string Target, bool IsServed)[]> AskAsync(GatewayHost gateway, string phase)
    {
        (string, bool)[][] all = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var answers = new (string, bool)[Requests];
            for (int i = 0; i < Requests; i++)
            {
                HttpMethod method = i % 2 == 0 ? HttpMethod.Get : HttpMethod.Post;
                string target = $"/{(i % 2 == 0 ? "get" : "post")}/{phase}/{client}/{i}";
                answers[i] = (target, await IsServedAsync(gateway, method, target));
            }

            return answers;
        }));
        return [.. all.SelectMany(static one => one)];
    }

    private static async Task<bool> IsServedAsync(GatewayHost gateway, HttpMethod method, string target)
    {
        try
        {
            using var request = new HttpRequestMessage(method, target);
            using HttpResponseMessage answer = await gateway.Client.SendAsync(request);
            return answer.StatusCode == HttpStatusCode.OK && await answer.Content.ReadAsStringAsync() == "ok";
        }
        catch (HttpRequestException)
        {
            // An answer that the app broke off is broken off for its client too.
            return false;
        }
    }
}

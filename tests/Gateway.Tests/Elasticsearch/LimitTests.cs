using System.Net;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M10, M17: how much is read of an answer, and how many may wait.</summary>
public sealed class LimitTests
{
    private const string Unusable = "Elasticsearch sent an answer that cannot be used.";
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + Answers.Product;

    private static readonly (string, string) _smallAnswers = ("MaxAnswerBytes", "1024");

    [Fact]
    public async Task An_answer_that_announces_too_much_is_refused_before_it_is_read()
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Head + "Content-Length: 524288000\r\n\r\n");
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync(node, _smallAnswers);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        Assert.Contains("MaxAnswerBytes", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        await Assert.Single(node.Connections).ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_cut_at_the_limit()
    {
        var given = new TaskCompletionSource<int>();
        await using var node = new ScriptedServer(async connection =>
        {
            // Sending may never have to wait, and the server accepts on the same thread.
            await Task.Yield();
            await connection.ReadRequestAsync();
            await connection.SendAsync(Head + "Transfer-Encoding: chunked\r\n\r\n");
            int sent = 0;
            try
            {
                for (; sent < 100_000_000; sent += 1024)
                {
                    await connection.SendAsync($"400\r\n{new string(' ', 1024)}\r\n");
                }
            }
            finally
            {
                given.SetResult(sent);
            }
        });
        await using Scene scene = await Scene.StartAsync(node, _smallAnswers);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        Assert.Contains("MaxAnswerBytes", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        // What the sockets of both sides hold, and no more.
        Assert.InRange(await given.Task.WaitAsync(TimeSpan.FromSeconds(10)), 1024, 50_000_000);
    }

    [Theory]
    [InlineData(1024, 200)]
    [InlineData(1025, 502)]
    public async Task The_limit_is_exact(int bytes, int status)
    {
        await using var node = ScriptedServer.Always(Answers.Json(Answers.InfoJson.PadRight(bytes)));
        await using Scene scene = await Scene.StartAsync(node, _smallAnswers);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task More_than_may_wait_are_answered_503_at_once_and_the_others_in_turn()
    {
        var released = new TaskCompletionSource();
        await using var node = ScriptedServer.Once(released.Task, Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("MaxConnectionsPerNode", "1"), ("MaxWaiting", "2"));

        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 10).Select(_ => scene.GetAsync())];
        await Eventually.Holds(() => requests.Count(static request => request.IsCompleted) == 7, "7 answers at once");
        released.SetResult();
        HttpResponseMessage[] answers = await Task.WhenAll(requests);

        Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable));
        Assert.Equal(3, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Single(node.Connections);
        Assert.Contains("too_many_waiting", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        await scene.GetsInfoAsync();
    }

    /// <summary>What a node that does not serve could hold is no room at the other.</summary>
    [Fact]
    public async Task As_many_may_wait_behind_the_one_node_that_serves_as_behind_all()
    {
        var released = new TaskCompletionSource();
        await using var node = ScriptedServer.Once(released.Task, Answers.Info);
        Uri[] nodes = [new("http://127.0.0.1:1/"), new("http://127.0.0.1:2/"), node.Address];
        await using Scene scene = await Scene.StartAsync(new FakeTimeProvider(), nodes, ("MaxConnectionsPerNode", "2"), ("MaxWaiting", "3"));

        // The first finds out that two of the three are gone, and they rest for as long as this test goes on.
        Task<HttpResponseMessage> first = scene.GetAsync();
        await Eventually.Holds(() => node.Requests.Count == 1, "the first request at the node");
        Task<HttpResponseMessage>[] requests = [first, .. Enumerable.Range(0, 9).Select(_ => scene.GetAsync())];
        await Eventually.Holds(() => requests.Count(static request => request.IsCompleted) == 5, "5 answers at once");
        released.SetResult();
        HttpResponseMessage[] answers = await Task.WhenAll(requests);

        Assert.Equal(5, answers.Count(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable));
        Assert.Equal(5, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Contains("too_many_waiting", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        Array.ForEach(answers, static answer => answer.Dispose());
    }

    [Fact]
    public async Task A_node_without_a_free_connection_is_left_out_while_another_has_one_and_none_may_wait()
    {
        var released = new TaskCompletionSource();
        await using var held = ScriptedServer.Once(released.Task, Answers.Info);
        await using var free = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(held, free, ("MaxConnectionsPerNode", "1"), ("MaxWaiting", "0"), ("MaxRetries", "0"));

        Task<HttpResponseMessage> first = scene.GetAsync();
        await Eventually.Holds(() => held.Requests.Count == 1, "the first request at the node");
        for (int i = 0; i < 6; i++)
        {
            await scene.GetsInfoAsync();
        }

        released.SetResult();
        using HttpResponseMessage answer = await first;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((1, 6), (held.Requests.Count, free.Requests.Count));
        Assert.DoesNotContain(scene.Gateway.Log, static entry => entry.Id is 400 or 406 or 407);
    }

    [Fact]
    public async Task Where_none_may_wait_the_ones_being_served_are_no_hindrance_afterwards()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("MaxConnectionsPerNode", "1"), ("MaxWaiting", "0"));

        for (int i = 0; i < 5; i++)
        {
            await scene.GetsInfoAsync();
        }
    }
}

using System.Text;
using Gateway.Demo;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Demo;

/// <summary>The stand-in's client breaks as Python's do: because the loop that it is bound to is closed, not by counting.</summary>
public sealed class LoopBoundClientTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task As_long_as_its_loop_is_open_it_answers_as_often_as_it_is_asked()
    {
        await using var cluster = ScriptedServer.Always(Ok);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var client = new LoopBoundClient(http, cluster.Address);

        byte[][] answers = await OnThread(() =>
        {
            using var loop = new EventLoop("1");
            return (byte[][])[.. Enumerable.Range(0, 3).Select(_ => loop.Run(() => client.InfoAsync(default)))];
        });

        Assert.All(answers, static answer => Assert.Equal("ok", Encoding.ASCII.GetString(answer)));
    }

    [Fact]
    public async Task Once_its_loop_is_closed_it_fails_on_every_other_loop_and_names_the_dead_one()
    {
        await using var cluster = ScriptedServer.Always(Ok);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var client = new LoopBoundClient(http, cluster.Address);

        await OnThread(() =>
        {
            var first = new EventLoop("first");
            first.Run(() => client.InfoAsync(default));
            first.Dispose();
            for (int i = 0; i < 3; i++)
            {
                using var next = new EventLoop("next");
                RuntimeErrorException error = Assert.Throws<RuntimeErrorException>(() => next.Run(() => client.InfoAsync(default)));
                Assert.Equal("Event loop is closed", error.Message);
                Assert.Same(first, error.Loop);
            }

            return true;
        });

        Assert.Single(cluster.Requests);
    }

    /// <summary>What tells a closed loop from a counter: nothing was asked on the loop that is closed but to be bound to it.</summary>
    [Fact]
    public async Task It_is_bound_by_its_first_use_even_where_that_use_failed()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var client = new LoopBoundClient(http, new Uri("http://127.0.0.1:1/"));

        await OnThread(() =>
        {
            using var open = new EventLoop("open");
            Assert.Throws<HttpRequestException>(() => open.Run(() => client.InfoAsync(default)));
            Assert.Throws<HttpRequestException>(() => open.Run(() => client.InfoAsync(default)));
            open.Dispose();
            using var next = new EventLoop("next");
            Assert.Throws<RuntimeErrorException>(() => next.Run(() => client.InfoAsync(default)));
            return true;
        });
    }

    [Fact]
    public async Task A_client_of_each_loops_own_works_on_each_loop()
    {
        await using var cluster = ScriptedServer.Always(Ok);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });

        await OnThread(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                using var loop = new EventLoop("own");
                Assert.Equal(2, loop.Run(() => new LoopBoundClient(http, cluster.Address).InfoAsync(default)).Length);
            }

            return true;
        });
    }

    [Fact]
    public async Task Without_a_loop_there_is_nothing_to_bind_to()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var client = new LoopBoundClient(http, new Uri("http://127.0.0.1:1/"));

        RuntimeErrorException none = await Assert.ThrowsAsync<RuntimeErrorException>(() => OnThread(() => client.InfoAsync(default)).Unwrap());

        Assert.Equal("no running event loop", none.Message);
    }

    /// <summary>A loop blocks the thread that runs it, which must not be the one that the test's own continuations need.</summary>
    private static Task<T> OnThread<T>(Func<T> work) => Task.Run(work);
}

using Gateway.Demo;

namespace Gateway.Tests.Demo;

/// <summary>The stand-in's loop has what matters here of Python's: one thread, one callback at a time, and closed for ever.</summary>
public sealed class EventLoopTests
{
    [Fact]
    public void A_view_and_what_it_awaits_run_on_the_thread_that_runs_the_loop()
    {
        using var loop = new EventLoop("1");
        int here = Environment.CurrentManagedThreadId;

        int[] threads = loop.Run(async () =>
        {
            int before = Environment.CurrentManagedThreadId;
            await Task.Yield();
            await Task.Delay(1);
            return (int[])[before, Environment.CurrentManagedThreadId];
        });

        Assert.Equal([here, here], threads);
    }

    [Fact]
    public void Inside_a_view_its_loop_is_the_running_one_and_outside_there_is_none()
    {
        using var loop = new EventLoop("1");

        EventLoop inside = loop.Run(async () =>
        {
            await Task.Yield();
            return EventLoop.Running;
        });

        Assert.Same(loop, inside);
        RuntimeErrorException none = Assert.Throws<RuntimeErrorException>(static () => EventLoop.Running);
        Assert.Equal("no running event loop", none.Message);
    }

    [Fact]
    public void What_a_view_throws_comes_out_as_it_is_and_the_outer_context_is_back()
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        using var loop = new EventLoop("1");

        Assert.Throws<InvalidTimeZoneException>(() => loop.Run<int>(static async () =>
        {
            await Task.Yield();
            throw new InvalidTimeZoneException();
        }));

        Assert.Same(outer, SynchronizationContext.Current);
    }

    [Fact]
    public void Callbacks_run_in_the_order_in_which_they_came()
    {
        using var loop = new EventLoop("1");
        List<int> seen = [];

        loop.Run(async () =>
        {
            for (int i = 0; i < 5; i++)
            {
                loop.Post(state => seen.Add((int)state!), i);
            }

            await Task.Yield();
            return true;
        });

        Assert.Equal([0, 1, 2, 3, 4], seen);
    }

    [Fact]
    public void A_closed_loop_refuses_work_for_ever_and_says_which_it_was()
    {
        var loop = new EventLoop("1");
        loop.Dispose();

        for (int i = 0; i < 3; i++)
        {
            RuntimeErrorException closed = Assert.Throws<RuntimeErrorException>(() => loop.Post(static _ => { }, null));
            Assert.Equal("Event loop is closed", closed.Message);
            Assert.Same(loop, closed.Loop);
        }
    }

    [Fact]
    public void Work_that_was_posted_and_not_run_before_the_end_is_never_run()
    {
        bool ran = false;
        var loop = new EventLoop("1");
        loop.Post(_ => ran = true, null);

        loop.Dispose();

        Assert.False(ran);
    }
}

using Gateway.Connections;
using Gateway.Legacy;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Connections;

/// <summary>Limits of time, which share their tokens one after the other.</summary>
public sealed class TimeLimitTests
{
    private static readonly TimeSpan _long = TimeSpan.FromHours(1);
    private static readonly TimeSpan _short = TimeSpan.FromMilliseconds(1);

    /// <summary>A time that must not pass between two lines of a test, even where the machine pauses in between.</summary>
    private static readonly TimeSpan _beyondAPause = TimeSpan.FromSeconds(1);

    /// <summary>When that has passed for certain.</summary>
    private static readonly TimeSpan _later = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task A_step_that_takes_too_long_ends_the_exchange()
    {
        using var limit = new TimeLimit(total: null, CancellationToken.None);
        Assert.False(limit.Token.IsCancellationRequested);

        limit.Arm(Direction.FromServer, _short);

        await Eventually.Holds(() => limit.IsPassed, "the limit to be passed");
        Assert.True(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task The_whole_may_not_take_longer_whatever_its_steps_may()
    {
        using var limit = new TimeLimit(_short, CancellationToken.None);

        limit.Arm(Direction.FromServer, _long);
        limit.Disarm(Direction.FromServer);

        await Eventually.Holds(() => limit.IsPassed, "the limit to be passed");
    }

    [Fact]
    public async Task A_time_that_is_moved_on_or_taken_back_does_not_come()
    {
        using var limit = new TimeLimit(total: null, CancellationToken.None);
        using var witness = new TimeLimit(total: null, CancellationToken.None);

        limit.Arm(Direction.FromServer, _beyondAPause);
        limit.Arm(Direction.FromServer, _long);
        limit.Arm(Direction.FromServer, _beyondAPause);
        limit.Disarm(Direction.FromServer);
        witness.Arm(Direction.FromServer, _later);

        await Eventually.Holds(() => witness.IsPassed, "a later time to come");
        Assert.False(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_step_that_ends_in_one_direction_leaves_the_time_in_the_other()
    {
        using var limit = new TimeLimit(total: null, CancellationToken.None);
        limit.Arm(Direction.FromServer, TimeSpan.FromMilliseconds(50));

        limit.Arm(Direction.ToServer, time: null);
        limit.Disarm(Direction.ToServer);

        await Eventually.Holds(() => limit.IsPassed, "the limit to be passed");
    }

    [Fact]
    public async Task A_server_that_gets_on_in_one_direction_is_not_silent_in_the_other()
    {
        using var limit = new TimeLimit(total: null, CancellationToken.None);
        using var witness = new TimeLimit(total: null, CancellationToken.None);
        limit.Arm(Direction.FromServer, TimeSpan.FromSeconds(2));
        witness.Arm(Direction.FromServer, TimeSpan.FromSeconds(2.5));

        while (!witness.IsPassed)
        {
            limit.Arm(Direction.ToServer, time: null);
            await Task.Delay(10);
            limit.Disarm(Direction.ToServer);
        }

        Assert.False(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task An_answer_is_awaited_until_it_has_begun()
    {
        using var silent = new TimeLimit(total: null, CancellationToken.None);
        using var limit = new TimeLimit(total: null, CancellationToken.None);

        limit.AwaitAnswer(_beyondAPause);
        limit.Answered();
        limit.AwaitAnswer(_beyondAPause);
        silent.AwaitAnswer(_later);

        await Eventually.Holds(() => silent.IsPassed, "the limit to be passed");
        Assert.False(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_caller_that_leaves_ends_the_exchange_and_passes_no_limit()
    {
        using var caller = new CancellationTokenSource();
        using var limit = new TimeLimit(_long, caller.Token);

        caller.Cancel();

        Assert.True(limit.Token.IsCancellationRequested);
        Assert.False(limit.IsPassed);
    }

    [Fact]
    public void After_its_end_it_can_harm_nobody()
    {
        var limit = new TimeLimit(total: null, CancellationToken.None);
        limit.Dispose();
        using var next = new TimeLimit(_long, CancellationToken.None);

        limit.Arm(Direction.FromServer, TimeSpan.Zero);
        limit.Dispose();

        Assert.True(limit.Token.IsCancellationRequested);
        Assert.False(next.Token.IsCancellationRequested);
    }

    [Fact]
    public void The_end_of_an_answer_s_stream_is_that_of_its_limit()
    {
        var limit = new TimeLimit(total: null, CancellationToken.None);

        new TimedStream(Stream.Null, limit, idle: null).Dispose();

        Assert.True(limit.Token.IsCancellationRequested);
        Assert.False(limit.IsPassed);
    }

    [Fact]
    public void A_body_that_is_still_being_sent_outlives_the_answer()
    {
        var limit = new TimeLimit(_long, CancellationToken.None);

        limit.BodyBegins();
        limit.Dispose();
        limit.Dispose();
        Assert.False(limit.Token.IsCancellationRequested);

        limit.BodyEnds();
        Assert.True(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_token_that_is_used_again_is_not_ended_by_the_time_or_the_caller_of_the_last_one()
    {
        // Limits end just when they are given back, by their time or their caller; what is taken next is to live on.
        int seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await Parallel.ForAsync(0, 8, async (worker, cancellation) =>
        {
            var random = new Random(seed + worker);
            for (int i = 0; i < 100; i++)
            {
                using var caller = new CancellationTokenSource();
                var ending = new TimeLimit(TimeSpan.FromMilliseconds(random.Next(3)), caller.Token);
                Task leaving = random.Next(2) == 0 ? caller.CancelAsync() : Task.CompletedTask;
                await Task.Delay(random.Next(3), cancellation);
                ending.Dispose();

                using var next = new TimeLimit(_long, CancellationToken.None);
                await leaving;
                await Task.Delay(random.Next(3), cancellation);
                Assert.False(next.Token.IsCancellationRequested);
            }
        });
    }
}

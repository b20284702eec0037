using System.Diagnostics;
using Gateway.Inspect;

namespace Gateway.Tests.Inspect;

/// <summary>How much is kept in memory: clients write a part of it.</summary>
public sealed class TraceStoreTests : IDisposable
{
    private readonly ActivitySource _source = new("store");
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = static source => source.Name == "store",
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public TraceStoreTests() => ActivitySource.AddActivityListener(_listener);

    [Fact]
    public void The_oldest_trace_goes_when_there_are_too_many()
    {
        using var store = new TraceStore(new InspectOptions { Traces = 3 });

        Activity[] spans = [.. Enumerable.Range(0, 5).Select(_ => End(store, "/a"))];

        Assert.Equal(spans[2..].Reverse(), store.Requests().Select(Assert.Single));
    }

    [Fact]
    public void Long_texts_of_clients_leave_room_for_fewer_traces_and_the_youngest_stays_whole()
    {
        using var store = new TraceStore(new InspectOptions { Traces = 10 });

        for (int i = 0; i < 100; i++)
        {
            using Activity outer = Begin("/" + new string('a', 8_000));
            End(store, "/" + new string('b', 8_000));
            outer.Stop();
            store.OnEnd(outer);
        }

        // 16,002 of 20,480 letters.
        Assert.Equal(2, Assert.Single(store.Requests()).Count);
    }

    [Fact]
    public void One_trace_that_is_longer_than_all_may_be_is_kept_until_the_next()
    {
        using var store = new TraceStore(new InspectOptions { Traces = 1 });

        Activity first = End(store, new string('a', 100_000));
        Assert.Equal([first], store.Requests().Select(Assert.Single));
        Activity second = End(store, "/a");

        Assert.Equal([second], store.Requests().Select(Assert.Single));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    private Activity Begin(string path) => _source.StartActivity("request")!.SetTag("url.path", path);

    private Activity End(TraceStore store, string path)
    {
        Activity span = Begin(path);
        span.Stop();
        store.OnEnd(span);
        return span;
    }
}

using Gateway.Elasticsearch;
using Gateway.Responding;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Each kind of failure is said once a minute.</summary>
public sealed class FailureLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogCapture _captured = new();
    private readonly FailureLog _log;

    public FailureLogTests() => _log = new FailureLog(_captured.CreateLogger("test"), _time);

    public void Dispose() => _captured.Dispose();

    [Fact]
    public void The_same_failure_is_said_again_after_a_minute()
    {
        Assert.All(Enumerable.Range(0, 1000), i => _log.Failed(Outcome.ClusterRefused, $"status 401, {i}"));
        _time.Advance(TimeSpan.FromSeconds(59.9));
        _log.Failed(Outcome.ClusterRefused, "too early");
        _time.Advance(TimeSpan.FromSeconds(0.2));
        _log.Failed(Outcome.ClusterRefused, "again");
        _log.Failed(Outcome.ClusterRefused, "too early again");

        Assert.Equal(2, _captured.Entries.Count);
        Assert.All(_captured.Entries, static entry => Assert.Equal(LogLevel.Error, entry.Level));
        Assert.Contains("again", _captured.Entries.Last().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_kind_of_failure_does_not_silence_another()
    {
        Outcome[] all = [Outcome.NoNode, Outcome.ClusterBusy, Outcome.ClusterBroken, Outcome.ClusterTooSlow, Outcome.TooManyWaiting];
        foreach (Outcome outcome in all)
        {
            _log.Failed(outcome, "first");
            _log.Failed(outcome, "second");
        }

        Assert.Equal(5, _captured.Entries.Count);
        Assert.All(_captured.Entries, static entry => Assert.Equal(LogLevel.Warning, entry.Level));
    }

    [Fact]
    public void Many_at_once_say_it_once()
    {
        Parallel.For(0, 1000, i => _log.Failed(Outcome.NoNode, $"{i}"));

        Assert.Single(_captured.Entries);
    }
}

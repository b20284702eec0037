using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Gateway.Tracing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>When the cluster is asked for its nodes, by a clock that the test moves.</summary>
public sealed class SniffingTimeTests : IAsyncLifetime
{
    private readonly CountingTime _time = new();
    private readonly LogCapture _log = new();
    private readonly LoggerFactory _logs;
    private GatewayHost _host = null!;

    public SniffingTimeTests() => _logs = new LoggerFactory([_log]);

    /// <summary>Lends its tracing to a client of the test's own.</summary>
    public async ValueTask InitializeAsync() => _host = await GatewayHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _logs.Dispose();
    }

    [Fact]
    public async Task The_cluster_is_asked_at_the_start_and_then_at_the_interval()
    {
        await using var node = ScriptedServer.Always(Answers.Json("{}"));
        using ElasticsearchClient client = Client(node, out ElasticsearchOptions options);
        using var service = await ServiceAsync(client, options);
        await AskedAsync(node, 1);

        for (int times = 2; times < 5; times++)
        {
            await MoveAsync(TimeSpan.FromSeconds(1), (2 * times) - 3);
            await MoveAsync(options.SniffingInterval - TimeSpan.FromSeconds(1.001), (2 * times) - 2);
            Assert.Equal(times - 1, node.Requests.Count);
            _time.Advance(TimeSpan.FromSeconds(0.001));
            await AskedAsync(node, times);
        }

        await service.StopAsync(default);
    }

    [Fact]
    public async Task However_many_requests_fail_the_cluster_is_asked_once_a_second()
    {
        await using var node = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable"));
        using ElasticsearchClient client = Client(node, out ElasticsearchOptions options);
        using var service = await ServiceAsync(client, options);
        await AskedAsync(node, 1);

        for (int second = 0; second < 3; second++)
        {
            for (int i = 0; i < 20; i++)
            {
                await client.GetAsync(Info.Call, default);
            }

            Assert.Equal(second + 1, Asked(node));
            await MoveAsync(TimeSpan.FromSeconds(1), second + 1);
            await AskedAsync(node, second + 2);
        }

        await service.StopAsync(default);
        Assert.Single(_log.Entries, static entry => entry.Id == 403);
    }

    [Fact]
    public async Task That_it_fails_is_said_once_a_minute()
    {
        await using var node = ScriptedServer.Always(Answers.Json("{}"));
        using ElasticsearchClient client = Client(node, out ElasticsearchOptions options);
        options.SniffingInterval = TimeSpan.FromSeconds(10);
        using var service = await ServiceAsync(client, options);

        for (int times = 1; times <= 13; times++)
        {
            await AskedAsync(node, times);
            await MoveAsync(TimeSpan.FromSeconds(1), (2 * times) - 1);
            await MoveAsync(TimeSpan.FromSeconds(9), 2 * times);
        }

        await AskedAsync(node, 14);
        await Eventually.Holds(() => _log.Entries.Count >= 3, "the third warning");
        await service.StopAsync(default);
        Assert.Equal(3, _log.Entries.Count(static entry => entry is { Id: 403, Level: LogLevel.Warning }));
    }

    private static int Asked(ScriptedServer node) => node.Requests.Count(static request => request.Target.StartsWith("/_nodes", StringComparison.Ordinal));

    private static Task AskedAsync(ScriptedServer node, int times) => Eventually.Holds(() => Asked(node) == times, $"the cluster to be asked {times} times");

    /// <summary>Moves the clock once the service waits for it, which it does by this timer of its.</summary>
    private async Task MoveAsync(TimeSpan by, int timer)
    {
        await Eventually.Holds(() => _time.Timers == timer, $"timer {timer}");
        _time.Advance(by);
    }

    private ElasticsearchClient Client(ScriptedServer node, out ElasticsearchOptions options)
    {
        options = new ElasticsearchOptions { Nodes = { node.Address } };
        return new ElasticsearchClient(
            options,
            _host.Services.GetRequiredService<TracedConnections>(),
            _host.Services.GetRequiredService<GatewayMetrics>(),
            _time,
            _host.Services.GetRequiredService<ILogger<ElasticsearchClient>>());
    }

    private async Task<SniffingService> ServiceAsync(ElasticsearchClient client, ElasticsearchOptions options)
    {
        var service = new SniffingService(client, options, _time, _logs.CreateLogger<SniffingService>());
        await service.StartAsync(default);
        return service;
    }

    private sealed class CountingTime : FakeTimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }
}

using Gateway.Configuration;
using Gateway.Tests.Hosting;
using Gateway.Tracing;
using Gateway.Views;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Views;

/// <summary>What each look at views.json makes of what it finds, one look after the other.</summary>
public sealed class LiveViewsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-views-");
    private readonly LogCapture _log = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ILoggerFactory _loggers;
    private readonly LiveViews _live;
    private readonly WatchedFiles _files;

    public LiveViewsTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        GatewayMetrics metrics = ActivatorUtilities.CreateInstance<GatewayMetrics>(_services);
        _live = new LiveViews(new ViewFile(_folder.FullName, []), [], null!, metrics, _loggers.CreateLogger<LiveViews>());
        _files = _live.Watch(FilesFound.None, _time);
    }

    private string Path => System.IO.Path.Combine(_folder.FullName, "views.json");

    private IReadOnlyList<int> Logged => [.. _log.Entries.Select(static entry => entry.Id)];

    public void Dispose()
    {
        _files.Dispose();
        _loggers.Dispose();
        _services.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_that_is_half_written_at_one_look_and_whole_at_the_next_is_no_error()
    {
        await LookAsync(Good("/a")[..20]);
        Assert.Null(_files.Refusal);
        await LookAsync(Good("/a")[..40]);
        Assert.Null(_files.Refusal);

        await LookAsync(Good("/a"));

        Assert.True(Serves("/a"));
        Assert.Equal([500], Logged);
    }

    [Fact]
    public async Task A_file_that_is_gone_at_one_look_and_back_at_the_next_is_no_error()
    {
        await LookAsync(Good("/a"));
        await LookAsync(null);

        await LookAsync(Good("/a"));

        Assert.Null(_files.Refusal);
        Assert.True(Serves("/a"));
        Assert.Equal([500], Logged);
    }

    [Fact]
    public async Task A_wrong_file_is_said_once_and_another_wrong_one_once_more_with_the_time_of_the_first()
    {
        await LookAsync(Good("/a"));
        for (int look = 0; look < 5; look++)
        {
            await LookAsync("{");
        }

        Assert.Equal([500, 501], Logged);
        Assert.StartsWith("views.json is refused since 2026-11-24T09:00:02Z, ", _files.Refusal, StringComparison.Ordinal);
        await LookAsync("[]");
        await LookAsync("[]");
        await LookAsync("{");
        await LookAsync("{");

        Assert.Equal([500, 501, 501, 501], Logged);
        Assert.StartsWith("views.json is refused since 2026-11-24T09:00:02Z, ", _files.Refusal, StringComparison.Ordinal);
        Assert.True(Serves("/a"));
        await LookAsync(Good("/b"));
        Assert.Null(_files.Refusal);
        Assert.Equal((false, true), (Serves("/a"), Serves("/b")));
    }

    [Fact]
    public async Task A_file_is_applied_as_a_whole_or_not_at_all()
    {
        await LookAsync(Good("/a"));
        string half = """{ "views": { "b": { "path": "/b", "elasticsearch": { "count": { "index": "p" } } }, "c": { "path": "c" } } }""";
        await LookAsync(half);
        await LookAsync(half);

        Assert.Equal((true, false), (Serves("/a"), Serves("/b")));
        Assert.Contains("(1 more in the log)", _files.Refusal!, StringComparison.Ordinal);
    }

    private async Task LookAsync(string? text)
    {
        if (text is null)
        {
            File.Delete(Path);
        }
        else
        {
            File.WriteAllText(Path, text);
        }

        await _files.LookAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private bool Serves(string path) => _live.Table.Find("GET", path, out _) is not null;

    private static string Good(string path) => ViewScene.Text($$"""  "v": { "path": "{{path}}", "elasticsearch": { "count": { "index": "p" } } } """);
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace Gateway.Tests.Hosting;

/// <summary>
/// The real gateway in this process, on free ports of loopback, in Production. An Error in its log that the test did not expect fails
/// the test when the host is disposed, and so does an event that is not on the README's list.
/// </summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LogCapture _log;
    private readonly SpanSink _spans;
    private bool _stopped;
    private readonly global::Gateway.Tracing.ConnectionRegistry _registry;

    private GatewayHost(WebApplication app, LogCapture log, SpanSink spans, Uri address, Uri admin)
    {
        (_app, _log, _spans, Address, Admin) = (app, log, spans, address, admin);
        _registry = app.Services.GetRequiredService<global::Gateway.Tracing.ConnectionRegistry>();
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = address };
    }

    public Uri Address { get; }

    public Uri Admin { get; }

    /// <summary>A client that follows no redirect and keeps no cookie.</summary>
    public HttpClient Client { get; }

    public IReadOnlyCollection<LogEntry> Log => _log.Entries;

    /// <summary>What an exporter was given so far, span by span; complete once the gateway has stopped.</summary>
    public IReadOnlyList<Activity> Exported => [.. _spans.Spans];

    /// <summary>How many connections the gateway believes to be open; meant for after it has stopped.</summary>
    public int OpenConnections => _registry.Open;

    /// <summary>Set where the test is about an error of ours.</summary>
    public bool ErrorsAreExpected { get; set; }

    /// <summary>The services of the gateway, for what cannot be seen from outside.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>
    /// Starts a gateway; settings are keys such as <c>Legacy:Address</c>. Where no app or no node is given, an address is set at
    /// which nothing listens.
    /// </summary>
    public static Task<GatewayHost> StartAsync(params (string Key, string Value)[] settings) => StartAsync(static _ => { }, settings);

    /// <summary>The same, with something of the test's own among the services.</summary>
    public static async Task<GatewayHost> StartAsync(Action<WebApplicationBuilder> configure, params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] defaults =
        [
            ("environment", "Production"), ("Kestrel:Endpoints:Http:Url", "http://127.0.0.1:0"), ("Admin:Url", "http://127.0.0.1:0"),
            ("Legacy:Address", "http://127.0.0.1:1"), ("Elasticsearch:Nodes:0", "http://127.0.0.1:1"), ("Draining:Wait", "00:00:00"),
        ];
        string[] args = [.. defaults.Concat(settings).GroupBy(s => s.Key, StringComparer.OrdinalIgnoreCase).Select(s => $"--{s.Key}={s.Last().Value}")];
        WebApplicationBuilder builder = Layers.CreateBuilder(args);
        var log = new LogCapture();
        builder.Logging.ClearProviders().AddProvider(log);
        var spans = new SpanSink();
        builder.Services.AddSingleton<BaseProcessor<Activity>>(spans);
        configure(builder);
        WebApplication app = Program.Compose(builder);
        await app.StartAsync();
        (Uri address, Uri admin) = await FindAsync([.. app.Urls.Select(static url => new Uri(url)).OrderBy(static url => url.Scheme, StringComparer.Ordinal)]);
        return new GatewayHost(app, log, spans, address, admin);
    }

    /// <summary>
    /// The traces that the gateway keeps, the youngest first, once there are <paramref name="count"/> of them whose Server span has
    /// ended. A span ends shortly after its client has the answer, so this waits, at most 10 s.
    /// </summary>
    public async Task<IReadOnlyList<JsonElement[]>> TracesAsync(int count, string query = "")
    {
        JsonElement[][] traces = [];
        await Eventually.Async(async () =>
        {
            traces = await Client.GetFromJsonAsync<JsonElement[][]>(new Uri(Admin, $"/api/traces{query}")) ?? [];
            return traces.Count(static trace => trace.Any(static span => span.GetProperty("kind").GetString() == "Server")) >= count;
        }, $"{count} traces");
        return traces;
    }

    /// <summary>The trace of the one request that was sent, by the parts of it that have names.</summary>
    public async Task<TraceOfOne> TraceAsync() => new((await TracesAsync(1))[0]);

    public async Task StopAsync(CancellationToken impatience = default)
    {
        _stopped = true;
        await _app.StopAsync(impatience);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_stopped)
        {
            await StopAsync();
        }

        await _app.DisposeAsync();
        Assert.All(_log.Entries, static entry => Assert.Contains(new KnownEvent(entry.Id, entry.Level, entry.Category), KnownEvent.All));
        if (!ErrorsAreExpected)
        {
            Assert.DoesNotContain(_log.Entries, static entry => entry.Level >= LogLevel.Error);
        }
    }

    /// <summary>Which of the two listeners is the admin's: the one that answers for health; one without TLS is asked.</summary>
    private static async Task<(Uri Address, Uri Admin)> FindAsync(Uri[] addresses)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using HttpResponseMessage first = await client.GetAsync(new Uri(addresses[0], "/livez"));
        return first.IsSuccessStatusCode ? (addresses[1], addresses[0]) : (addresses[0], addresses[1]);
    }
}

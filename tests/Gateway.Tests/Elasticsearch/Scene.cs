using System.Net;
using System.Text.Json;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Elasticsearch;

/// <summary>A gateway between nodes and an app that must not be touched: a call to Elasticsearch never falls back to the app.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private readonly ScriptedServer _app;

    private Scene(GatewayHost gateway, ScriptedServer app) => (Gateway, _app) = (gateway, app);

    public GatewayHost Gateway { get; }

    /// <summary>What the client of the cluster said in the log.</summary>
    public IReadOnlyList<LogEntry> Said =>
    [
        .. Gateway.Log.Where(static entry =>
            entry.Level >= LogLevel.Warning && entry.Category.StartsWith("Gateway.", StringComparison.Ordinal)),
    ];

    public static Task<Scene> StartAsync(ScriptedServer node, params (string Key, string Value)[] settings) =>
        StartAsync([node.Address], settings);

    public static Task<Scene> StartAsync(ScriptedServer node, ScriptedServer other, params (string Key, string Value)[] settings) =>
        StartAsync([node.Address, other.Address], settings);

    /// <summary>
    /// Settings are keys under <c>Elasticsearch</c>, or whole ones behind a colon. Each request makes its own call, unless a setting
    /// wants it otherwise.
    /// </summary>
    public static Task<Scene> StartAsync(Uri[] nodes, params (string Key, string Value)[] settings) =>
        StartAsync(TimeProvider.System, nodes, settings);

    /// <summary>The same with a time of the test's own.</summary>
    public static async Task<Scene> StartAsync(TimeProvider time, Uri[] nodes, params (string Key, string Value)[] settings)
    {
        (string, string)[] all =
        [
            ("Views:info:SingleFlight", "false"),
            .. nodes.Select(static (node, i) => ($"Elasticsearch:Nodes:{i}", node.AbsoluteUri)),
            .. settings.Select(static setting =>
                (setting.Key[0] == ':' ? setting.Key[1..] : "Elasticsearch:" + setting.Key, setting.Value)),
        ];
        var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nthe app");
        return new Scene(
            await GatewayHost.StartAsync(builder => builder.Services.AddSingleton(time), [("Legacy:Address", app.Address.AbsoluteUri), .. all]), app);
    }

    /// <summary>Sends <c>GET /</c>, which the shipped view answers from <c>GET /</c> of a node.</summary>
    public Task<HttpResponseMessage> GetAsync() => Gateway.Client.GetAsync("/");

    /// <summary>Sends it and expects the node's answer.</summary>
    public async Task GetsInfoAsync()
    {
        using HttpResponseMessage answer = await GetAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(Answers.InfoJson + "\n", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Sends it and expects an error of the gateway's own shape, with no field of the node's; returns it for more.</summary>
    public async Task<HttpResponseMessage> GetsProblemAsync(int status, string detail)
    {
        HttpResponseMessage answer = await GetAsync();
        string body = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.ToString());
        using JsonDocument problem = JsonDocument.Parse(body);
        Assert.Equal(["title", "status", "detail", "traceId"], problem.RootElement.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Equal(detail, problem.RootElement.GetProperty("detail").GetString());
        Assert.Equal(32, problem.RootElement.GetProperty("traceId").GetString()!.Length);
        Assert.Empty(answer.Headers.WwwAuthenticate);
        Assert.DoesNotContain(answer.Headers, static field => field.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase));
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        Assert.Empty(_app.Connections);
        await _app.DisposeAsync();
    }
}

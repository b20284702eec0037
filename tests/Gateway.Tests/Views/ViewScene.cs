using System.Text;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Views;

/// <summary>A gateway with a views.json, between an app that says "app" and a node that always sends the same.</summary>
internal sealed class ViewScene : IAsyncDisposable
{
    public const string Product = """{"_index":"products","_id":"1","found":true,"_source":{"name":"Cup","price":9.50,"tags":[]}}""";

    private readonly Folder _folder;

    private ViewScene(Folder folder, ScriptedServer node, ScriptedServer app, GatewayHost gateway) =>
        (_folder, Node, App, Gateway) = (folder, node, app, gateway);

    public ScriptedServer Node { get; }

    public ScriptedServer App { get; }

    public GatewayHost Gateway { get; }

    public string File => _folder.FileOf("views.json");

    /// <summary>Starts with these members of <c>views</c>, and a node with this answer.</summary>
    public static Task<ViewScene> StartAsync(string views, string answer = Product, int status = 200) =>
        StartAsync(ScriptedServer.Always(AnswerOf(answer, status)), views);

    public static async Task<ViewScene> StartAsync(ScriptedServer node, string? views)
    {
        var folder = new Folder(views is null ? [] : [("views.json", Text(views))]);
        ScriptedServer app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napp");
        // Without the guard, which refuses the oddest targets before a view sees them: a view is safe by itself.
        GatewayHost gateway = await GatewayHost.StartAsync(
            ("Guard:Enabled", "false"),
            ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri), ("Legacy:Address", app.Address.AbsoluteUri), ("Tracing:LogRequests", "true"));
        return new ViewScene(folder, node, app, gateway);
    }

    /// <summary>The file's text with these members of <c>views</c>.</summary>
    public static string Text(string views) => $$"""{ "$schema": "./views.schema.json", "views": { {{views}} } }""";

    /// <summary>A node's answer, in the Latin-1 of <see cref="ScriptedServer"/>.</summary>
    public static string AnswerOf(string json, int status = 200)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return $"HTTP/1.1 {status} X\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{Encoding.Latin1.GetString(body)}";
    }

    public Task<RawAnswer> GetAsync(string target, string method = "GET") =>
        RawClient.ExchangeAsync(Gateway.Address, $"{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n");

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await App.DisposeAsync();
        await Node.DisposeAsync();
        _folder.Dispose();
    }
}

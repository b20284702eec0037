using System.Runtime.InteropServices;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>A change of the configuration's files is served without a restart, or refused as a whole while what ran before is served on.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task Routes_and_clusters_come_change_and_go_without_a_restart()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        Assert.Equal("app", await scene.GetAsync("/shop"));

        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.One));
        Assert.Equal("one", await scene.GetAsync("/shop"));
        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.Two));
        Assert.Equal("two", await scene.GetAsync("/shop"));
        await scene.ChangeAsync(ReloadScene.Route("/store", scene.Two));
        Assert.Equal(("app", "two"), (await scene.GetAsync("/shop"), await scene.GetAsync("/store")));
        await scene.ChangeAsync("{}");
        Assert.Equal("app", await scene.GetAsync("/store"));

        Assert.Equal(Enumerable.Repeat("loopgate.configuration.reloads{loopgate.configuration.result=applied}", 4), scene.Counted);
        Assert.Equal([601, 601, 601, 601], scene.Logged(LogLevel.Information));
        Assert.Equal("ready\n", await scene.ReadinessAsync());
    }

    [Fact]
    public async Task A_request_in_flight_ends_on_the_table_that_it_began_on()
    {
        var arrived = new TaskCompletionSource();
        var mayAnswer = new TaskCompletionSource();
        await using var slow = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nslow");
            arrived.SetResult();
            await connection.WaitAsync(mayAnswer.Task);
            await connection.SendAsync("slow");
        });
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await scene.ChangeAsync(ReloadScene.Route("/shop", slow));
        Task<string> answer = scene.GetAsync("/shop");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.One, """, "HttpClient": { "MaxConnectionsPerServer": 3 }"""));
        Assert.Equal("one", await scene.GetAsync("/shop"));
        await scene.ChangeAsync("{}");
        mayAnswer.SetResult();

        Assert.Equal("slowslow", await answer);
    }

    [Theory]
    [InlineData("""{ "ReverseProxy": """, "gateway.json: ")]
    [InlineData("", "gateway.json: ")]
    [InlineData(null, "gateway.json is gone.")]
    [InlineData("""{ "Legacy": { "Host": "\ud800" } }""", "gateway.json: a text is half a surrogate pair.")]
    [InlineData("""{ "Legcay": {} , "ReverseProxy": {} }""", "Legcay: ")]
    [InlineData("""{ "Legacy": { "IdleTimeout": "30" } }""", "Legacy:IdleTimeout: ")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "legacy", "Match": { "Path": "/{**a}/{**b}" } } } } }""", "ReverseProxy: Invalid path '/{**a}/{**b}'")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "legacy": { "ClusterId": "legacy", "Match": { "Path": "/x" } } } } }""", "ReverseProxy:Routes:legacy: the name is taken")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "c", "Order": "first", "Match": { "Path": "/x" } } } } }""", "ReverseProxy:Routes:r:Order: ")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "legacy", "Match": { "Path": "/x" }, "Transforms": [ { "PathPattern": "/{**a}/{**b}" } ] } } } }""", "ReverseProxy: ")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/x" } } } } }""", "ReverseProxy:Routes:r:ClusterId: there is no such cluster")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "c": { "LoadBalancingPolicy": "Nonsense" } } } }""", "ReverseProxy: ")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "c": { "Destinations": { "d": { "Address": "one" } } } } } }""", "ReverseProxy:Clusters:c:Destinations:d:Address: ")]
    [InlineData("""{ "Kestrel": { "Limitz": {} } }""", "Kestrel:Limitz: there is no such setting")]
    [InlineData("""{ "Kestrel": { "Endpoints": { "Other": { "Url": "nonsense" } } } }""", "Kestrel:Endpoints:Other:Url: the value is not a URL to listen on")]
    [InlineData("""{ "Kestrel": { "Endpoints": { "Other": { "Url": "https://127.0.0.1:0" } } } }""", "Kestrel:Endpoints:Other: https wants a certificate")]
    [InlineData("""{ "Kestrel": { "Endpoints": { "Admin": { "Url": "http://127.0.0.1:0" } } } }""", "Kestrel:Endpoints:Admin:Url: the name is taken; the URL of the admin listener is Admin:Url.")]
    [InlineData("""{ "Kestrel": { "Certificates": { "Default": { "Path": "/none.pfx" } } } }""", "Kestrel:Certificates:Default: the file '/none.pfx' cannot be read")]
    [InlineData("""{ "Tls": { "ClientAuthorityFile": "/etc/hostname" } }""", "Tls:ClientAuthorityFile: the file '/etc/hostname' has no PEM certificate.")]
    [InlineData("""{ "Views": { "twin": { "Path": "/", "Elasticsearch": "GET /" } } }""", "Views: info and twin have the same path /.")]
    [InlineData("""{ "Elasticsearch": { "CertificateAuthorityFile": "/etc/hostname" } }""", "Elasticsearch:CertificateAuthorityFile: the file '/etc/hostname' has no PEM certificate.")]
    public async Task A_wrong_file_keeps_what_runs_and_is_said_once_in_the_log_the_metric_and_the_readiness(string? text, string why)
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        scene.Gateway.ErrorsAreExpected = true;
        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.One));

        await scene.ChangeAsync(text);
        Assert.Equal("ready\n", await scene.ReadinessAsync());
        for (int look = 0; look < 3; look++)
        {
            await scene.LookAsync();
        }

        Assert.Matches("""^ready\nThe configuration is refused since .*Z, the routes and clusters from before are served: .*\n$""", await scene.ReadinessAsync());
        Assert.Contains(why, await scene.ReadinessAsync(), StringComparison.Ordinal);
        LogEntry error = Assert.Single(scene.Gateway.Log, static entry => entry.Level == LogLevel.Error);
        Assert.Equal(602, error.Id);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal("one", await scene.GetAsync("/shop"));

        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.Two));
        Assert.Equal("ready\n", await scene.ReadinessAsync());
        Assert.Equal("two", await scene.GetAsync("/shop"));
        Assert.Equal(["applied", "refused", "applied"], scene.Counted.Select(static counted => counted.Split('=')[1].TrimEnd('}')));
    }

    /// <summary>What is wrong may lie in a file that the configuration names, and be put right there.</summary>
    [Fact]
    public async Task A_refused_file_is_served_once_what_it_names_is_there()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        scene.Gateway.ErrorsAreExpected = true;
        string key = scene.PathOf("key");
        string changed = ReloadScene.Route("/shop", scene.One).Replace("{ \"ReverseProxy\"", $$"""{ "Elasticsearch": { "ApiKeyFile": "{{key}}" }, "ReverseProxy" """, StringComparison.Ordinal);

        await scene.ChangeAsync(changed);
        await scene.LookAsync();
        await scene.LookAsync();
        Assert.Contains($"Elasticsearch:ApiKeyFile: the file '{key}' does not exist.", await scene.ReadinessAsync(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(key, "");
        await LookLaterAsync();
        Assert.Contains($"Elasticsearch:ApiKeyFile: the file '{key}' is empty.", await scene.ReadinessAsync(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(key, "id:key");
        await LookLaterAsync();

        Assert.Equal("ready\n", await scene.ReadinessAsync());
        Assert.Equal("one", await scene.GetAsync("/shop"));
        Assert.Equal(["does not exist", "is empty"], scene.Gateway.Log.Where(static entry => entry.Level == LogLevel.Error).Select(entry => entry.Message.Split($"'{key}' ")[1].TrimEnd('.')));

        Task LookLaterAsync()
        {
            scene.Time.Advance(TimeSpan.FromSeconds(10));
            return scene.LookAsync();
        }
    }

    [Fact]
    public async Task A_file_that_is_half_written_at_one_look_and_whole_at_the_next_is_no_error()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        string whole = ReloadScene.Route("/shop", scene.One);
        foreach (int length in (int[])[0, 20, whole.Length / 2, whole.Length - 1])
        {
            await scene.ChangeAsync(whole[..length]);
        }

        await scene.ChangeAsync(whole);

        Assert.Equal("one", await scene.GetAsync("/shop"));
        Assert.Equal("ready\n", await scene.ReadinessAsync());
    }

    [Fact]
    public async Task A_change_that_needs_a_restart_is_said_once_and_the_rest_of_it_is_served()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        string changed = ReloadScene.Route("/shop", scene.One).Replace("{ \"ReverseProxy\"", """{ "Legacy": { "IdleTimeout": "00:00:09" }, "Guard": { "Methods": ["GET"] }, "ReverseProxy" """, StringComparison.Ordinal);

        await scene.ChangeAsync(changed);
        await scene.ChangeAsync(changed + " ");

        Assert.Equal("one", await scene.GetAsync("/shop"));
        LogEntry warning = Assert.Single(scene.Gateway.Log, static entry => entry.Id == 603);
        Assert.Equal((LogLevel.Warning, "The configuration has changed in what is read at the start only: Guard, Legacy. That takes effect with a restart."), (warning.Level, warning.Message));
    }

    [Fact]
    public async Task A_file_that_comes_later_is_a_layer_in_the_order_of_its_name()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        await scene.ChangeAsync(ReloadScene.Route("/shop", scene.One));

        await File.WriteAllTextAsync(scene.PathOf("later.json"), ReloadScene.Route("/shop", scene.Two));
        await scene.LookAsync();
        Assert.Equal("two", await scene.GetAsync("/shop"));
        await File.WriteAllTextAsync(scene.PathOf("before.json"), ReloadScene.Route("/shop", scene.One));
        await scene.LookAsync();

        Assert.Equal("two", await scene.GetAsync("/shop"));
    }

    [Fact]
    public async Task The_folder_that_Kubernetes_swaps_behind_a_link_is_noticed_by_itself()
    {
        await using ReloadScene scene = await ReloadScene.StartAsync("{}");
        foreach ((string version, ScriptedServer server) in ((string, ScriptedServer)[])[("..1", scene.One), ("..2", scene.Two)])
        {
            Directory.CreateDirectory(scene.PathOf(version));
            await File.WriteAllTextAsync(Path.Combine(scene.PathOf(version), "gateway.json"), ReloadScene.Route("/shop", server));
        }

        Directory.CreateSymbolicLink(scene.PathOf("..data"), "..1");
        File.CreateSymbolicLink(scene.PathOf("new"), Path.Combine("..data", "gateway.json"));
        File.Move(scene.PathOf("new"), scene.PathOf("gateway.json"), overwrite: true);
        await ServedAsync(scene, "one");

        Directory.CreateSymbolicLink(scene.PathOf("..data_tmp"), "..2");
        Assert.Equal(0, Rename(scene.PathOf("..data_tmp"), scene.PathOf("..data")));

        await ServedAsync(scene, "two");
    }

    private static Task ServedAsync(ReloadScene scene, string server) => Eventually.Async(
        async () =>
        {
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            return await scene.GetAsync("/shop") == server;
        },
        $"{server} to be served");

    /// <summary>What kubelet calls; .NET moves no link to a folder.</summary>
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);
}

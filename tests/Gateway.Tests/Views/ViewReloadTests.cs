using System.Runtime.InteropServices;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Views;

/// <summary>A change of views.json is served without a restart, or refused as a whole while the views from before are served on.</summary>
public sealed class ViewReloadTests
{
    private const string Broken = """{ "views": { "v": { "path": "no" } } }""";

    [Fact]
    public async Task A_change_is_served_without_a_restart()
    {
        await using ViewScene scene = await ViewScene.StartAsync(Count("/a"));
        Assert.Equal(200, (await scene.GetAsync("/a")).Status);
        Assert.Equal("app", (await scene.GetAsync("/b")).Body);

        await File.WriteAllTextAsync(scene.File, ViewScene.Text(Count("/b")));

        await ServedAsync(scene, "/b");
        Assert.Equal("app", (await scene.GetAsync("/a")).Body);
        // The line is written after the views are there.
        await Eventually.Holds(
            () => scene.Gateway.Log.Any(static entry => entry.Message == "views.json has changed and is served: 1 views."), "the line that says so");
    }

    [Fact]
    public async Task A_file_that_comes_later_is_served_too()
    {
        await using ViewScene scene = await ViewScene.StartAsync(ScriptedNode.Start(), views: null);
        Assert.Equal("app", (await scene.GetAsync("/a")).Body);

        await File.WriteAllTextAsync(scene.File, ViewScene.Text(Count("/a")));

        await ServedAsync(scene, "/a");
    }

    [Theory]
    [InlineData(Broken, "$.views.v.path: must be a path")]
    [InlineData("""{ "views": { "v": """, "line 1, byte ")]
    [InlineData("", "line 1, byte ")]
    [InlineData(null, "views.json is gone.")]
    public async Task A_wrong_file_keeps_the_running_views_and_is_said_in_the_log_the_metrics_and_the_readiness(string? text, string why)
    {
        await using ViewScene scene = await ViewScene.StartAsync(Count("/a"));
        scene.Gateway.ErrorsAreExpected = true;
        using var measured = new Measured(scene.Gateway, ("loopgate.views.reloads", ["loopgate.views.result"]));
        Assert.Equal("ready\n", await ReadinessAsync(scene));

        if (text is null)
        {
            File.Delete(scene.File);
        }
        else
        {
            await File.WriteAllTextAsync(scene.File, text);
        }

        await Eventually.Async(async () => (await ReadinessAsync(scene)).Length > 6, "the readiness to say so");
        string said = await ReadinessAsync(scene);
        Assert.Matches("""^ready\nviews.json is refused since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, the views from before are served: .*\n$""", said);
        Assert.Contains(why, said, StringComparison.Ordinal);
        Assert.Equal(200, (await scene.GetAsync("/a")).Status);
        Assert.Single(scene.Node.Requests);
        LogEntry error = Assert.Single(scene.Gateway.Log, static entry => entry.Level == LogLevel.Error);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal(["loopgate.views.reloads{loopgate.views.result=refused}"], measured.Counted);

        await File.WriteAllTextAsync(scene.File, ViewScene.Text(Count("/a")));

        await Eventually.Async(async () => await ReadinessAsync(scene) == "ready\n", "the file to be whole again");
        Assert.Equal(["refused", "applied"], measured.Of("loopgate.views.reloads").Select(static told => told.Attributes.Split('=')[1]));
        Assert.Single(scene.Gateway.Log, static entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public async Task The_folder_that_Kubernetes_swaps_behind_a_link_is_noticed_and_so_is_a_file_that_is_renamed_into_place()
    {
        await using ViewScene scene = await ViewScene.StartAsync(ScriptedNode.Start(), views: null);
        string folder = Path.GetDirectoryName(scene.File)!;
        string Data(string name) => Path.Combine(folder, name);
        foreach ((string version, string path) in ((string, string)[])[("..1", "/one"), ("..2", "/two")])
        {
            Directory.CreateDirectory(Data(version));
            await File.WriteAllTextAsync(Path.Combine(Data(version), "views.json"), ViewScene.Text(Count(path)));
        }

        Directory.CreateSymbolicLink(Data("..data"), "..1");
        File.CreateSymbolicLink(scene.File, Path.Combine("..data", "views.json"));
        await ServedAsync(scene, "/one");

        Directory.CreateSymbolicLink(Data("..data_tmp"), "..2");
        Assert.Equal(0, Rename(Data("..data_tmp"), Data("..data")));
        await ServedAsync(scene, "/two");

        await File.WriteAllTextAsync(Data("new"), ViewScene.Text(Count("/three")));
        File.Move(Data("new"), scene.File, overwrite: true);
        await ServedAsync(scene, "/three");
    }

    [Fact]
    public async Task Under_load_no_request_meets_anything_but_the_old_views_or_the_new()
    {
        await using ViewScene scene = await ViewScene.StartAsync(Count("/a/{x}"));
        using var stop = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(_ => LoadAsync(scene, stop.Token))];

        foreach (string path in (string[])["/b", "/a/{y}", "/c"])
        {
            string more = path == "/a/{y}" ? "" : $", {Count(path, "more")}";
            await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(scene.File)!, "next"), ViewScene.Text(Count("/a/{y}") + more));
            int applied = Applied(scene);
            File.Move(Path.Combine(Path.GetDirectoryName(scene.File)!, "next"), scene.File, overwrite: true);
            await Eventually.Holds(() => Applied(scene) > applied, "the change to be served");
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(load), static served => Assert.True(served > 0));
        Assert.Empty(scene.App.Requests);
    }

    /// <summary>What kubelet calls; .NET moves no link to a folder.</summary>
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);

    private static async Task<int> LoadAsync(ViewScene scene, CancellationToken stop)
    {
        int served = 0;
        while (!stop.IsCancellationRequested)
        {
            using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync(new Uri("/a/1", UriKind.Relative), CancellationToken.None);
            Assert.Equal(200, (int)answer.StatusCode);
            served++;
        }

        return served;
    }

    private static int Applied(ViewScene scene) => scene.Gateway.Log.Count(static entry => entry.Id == 500);

    private static string Count(string path, string name = "v") => $$"""  "{{name}}": { "path": "{{path}}", "elasticsearch": { "count": { "index": "p" } } } """;

    private static Task ServedAsync(ViewScene scene, string path) =>
        Eventually.Async(async () => (await scene.GetAsync(path)).Body != "app", $"{path} to be served");

    private static async Task<string> ReadinessAsync(ViewScene scene)
    {
        using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync(new Uri(scene.Gateway.Admin, "/readyz"));
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}

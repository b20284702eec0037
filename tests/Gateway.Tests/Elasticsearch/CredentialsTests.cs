using System.Diagnostics;
using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>The Authorization field that a node gets, and how a secret in a file is followed.</summary>
public sealed class CredentialsTests
{
    [Theory]
    [InlineData("ApiKey aWQ6a2V5", "ApiKey=id:key")]
    [InlineData("ApiKey aWQ6a2V5", "ApiKey=aWQ6a2V5")]
    [InlineData("Bearer AAEAAWVs_bGFzdGlj", "BearerToken=AAEAAWVs_bGFzdGlj")]
    [InlineData("Basic ZWxhc3RpYzpwOnc=", "Username=elastic", "Password=p:w")]
    [InlineData("Basic w6Q6w7Y=", "Username=ä", "Password=ö")]
    [InlineData(null)]
    public async Task A_secret_in_the_settings_is_sent_in_the_way_of_its_kind(string? field, params string[] settings)
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, [.. settings.Select(static s => (s.Split('=', 2)[0], s.Split('=', 2)[1]))]);

        await scene.GetsInfoAsync();

        Assert.Equal(field, Assert.Single(node.Requests).Field("Authorization"));
    }

    [Theory]
    [InlineData("ApiKeyFile", "id:key\n", "ApiKey aWQ6a2V5", "aWQ6a2V5", "ApiKey aWQ6a2V5")]
    [InlineData("BearerTokenFile", "one\r\n", "Bearer one", "two", "Bearer two")]
    [InlineData("PasswordFile", "pw\n", "Basic dTpwdw==", "p2", "Basic dTpwMg==")]
    public async Task A_secret_in_a_file_is_used_from_the_next_request_on_after_it_has_changed(
        string key, string before, string field, string after, string fieldAfter)
    {
        using var folder = new Folder(("secret", before));
        await using var node = ScriptedServer.Always(Answers.Info);
        (string, string)[] user = key == "PasswordFile" ? [("Username", "u")] : [];
        await using Scene scene = await Scene.StartAsync(node, [(key, folder.FileOf("secret")), .. user]);

        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();
        Write(folder.FileOf("secret"), after, minutes: 1);
        await scene.GetsInfoAsync();

        Assert.Equal([field, field, fieldAfter], node.Requests.Select(static request => request.Field("Authorization")));
    }

    /// <summary>Kubernetes swaps the link <c>..data</c>, to which each file of a secret is a link.</summary>
    [Fact]
    public async Task A_secret_of_kubernetes_is_followed_through_its_links()
    {
        using var folder = new Folder();
        Directory.CreateDirectory(folder.FileOf("..1"));
        Directory.CreateDirectory(folder.FileOf("..2"));
        Write(Path.Combine(folder.FileOf("..1"), "token"), "one", minutes: 0);
        Write(Path.Combine(folder.FileOf("..2"), "token"), "two", minutes: 1);
        Directory.CreateSymbolicLink(folder.FileOf("..data"), "..1");
        File.CreateSymbolicLink(folder.FileOf("token"), Path.Combine("..data", "token"));
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("BearerTokenFile", folder.FileOf("token")));

        await scene.GetsInfoAsync();
        Directory.Delete(folder.FileOf("..data"));
        Directory.CreateSymbolicLink(folder.FileOf("..data"), "..2");
        await scene.GetsInfoAsync();

        Assert.Equal(["Bearer one", "Bearer two"], node.Requests.Select(static request => request.Field("Authorization")));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("one\ntwo", "has more than one line")]
    [InlineData("zwö", "does not consist of visible ASCII characters")]
    public async Task A_secret_that_is_spoilt_stays_in_use_and_that_is_said_once_until_it_is_good_again(string spoilt, string problem)
    {
        using var folder = new Folder(("secret", "one"));
        string file = folder.FileOf("secret");
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("BearerTokenFile", file));

        await scene.GetsInfoAsync();
        Write(file, spoilt, minutes: 1);
        await SaidAsync(scene, times: 1);
        File.Delete(file);
        await scene.GetsInfoAsync();
        Write(file, "two", minutes: 2);
        await scene.GetsInfoAsync();
        Write(file, spoilt, minutes: 3);
        await SaidAsync(scene, times: 2);

        Assert.Equal(["Bearer one", "Bearer two"], node.Requests.Select(static request => request.Field("Authorization")).Distinct());
        Assert.All(scene.Said, said => Assert.Equal(
            (405, $"Elasticsearch's secret: the file '{file}' {problem}; the one before stays in use, if there was one."), (said.Id, said.Message)));
    }

    [Fact]
    public async Task A_secret_that_is_bad_for_a_moment_while_it_is_replaced_is_not_worth_a_word()
    {
        using var folder = new Folder(("secret", "one"));
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("BearerTokenFile", folder.FileOf("secret")));

        await scene.GetsInfoAsync();
        for (int minute = 1; minute < 20; minute += 2)
        {
            Write(folder.FileOf("secret"), "", minute);
            await scene.GetsInfoAsync();
            Write(folder.FileOf("secret"), $"v{minute}", minute + 1);
            await scene.GetsInfoAsync();
        }

        Assert.Equal("Bearer v19", node.Requests[^1].Field("Authorization"));
        Assert.Empty(scene.Said);
    }

    /// <summary>A folder in its place is what root, too, cannot read.</summary>
    [Fact]
    public async Task A_secret_that_cannot_be_read_any_more_stays_in_use()
    {
        using var folder = new Folder(("secret", "one"));
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("BearerTokenFile", folder.FileOf("secret")));

        await scene.GetsInfoAsync();
        File.Delete(folder.FileOf("secret"));
        Directory.CreateDirectory(folder.FileOf("secret"));
        await scene.GetsInfoAsync();

        Assert.Equal(["Bearer one", "Bearer one"], node.Requests.Select(static request => request.Field("Authorization")));
    }

    /// <summary>No bug of the gateway, so no 500; and a request without the field would only tell the cluster's log.</summary>
    [Fact]
    public async Task A_secret_that_is_gone_before_its_first_use_is_a_502_and_the_log_names_the_file()
    {
        using var folder = new Folder(("secret", "one"));
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("BearerTokenFile", folder.FileOf("secret")));
        scene.Gateway.ErrorsAreExpected = true;

        File.Delete(folder.FileOf("secret"));
        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(502, (int)answer.StatusCode);
        Assert.Contains(scene.Said, entry => entry.Message.Contains(folder.FileOf("secret"), StringComparison.Ordinal));
    }

    /// <summary>The node was resting, and the request that was to try it failed for a reason of its own.</summary>
    [Fact]
    public async Task A_secret_that_could_not_be_read_does_not_lose_a_node_for_ever()
    {
        using var folder = new Folder(("secret", "one"));
        bool fails = true;
        await using var first = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(fails ? Answers.Json("{}", "503 Service Unavailable") : Answers.Info);
            }
        });
        await using var second = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(first, second, ("BearerTokenFile", folder.FileOf("secret")));
        scene.Gateway.ErrorsAreExpected = true;

        await scene.GetsInfoAsync();
        fails = false;
        File.Delete(folder.FileOf("secret"));
        Directory.CreateDirectory(folder.FileOf("secret"));
        long started = Stopwatch.GetTimestamp();
        await Eventually.Async(
            async () =>
            {
                using HttpResponseMessage ignored = await scene.GetAsync();
                return Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(1.2);
            },
            "the end of the rest, 1.1 s at most, and a request that is to try the node");
        Directory.Delete(folder.FileOf("secret"));
        Write(folder.FileOf("secret"), "two", minutes: 1);

        await Eventually.Async(
            async () =>
            {
                await scene.GetsInfoAsync();
                return first.Requests.Count > 1;
            },
            "the first node in use again");
    }

    private static Task SaidAsync(Scene scene, int times) => Eventually.Async(
        async () =>
        {
            await scene.GetsInfoAsync();
            return scene.Said.Count == times;
        },
        "a word about the file");

    private static void Write(string file, string text, int minutes)
    {
        File.WriteAllText(file, text);
        // Not left to the clock of the file system, which may be coarse.
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, minutes, 0, DateTimeKind.Utc));
    }
}

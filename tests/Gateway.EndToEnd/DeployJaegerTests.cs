using System.Net;
using System.Text.Json.Nodes;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What <c>deploy/jaeger</c> ships, in a real Jaeger with real traffic.</summary>
public sealed class DeployJaegerTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string ConnectionId = "loopgate.connection.id";
    private const string Reused = "loopgate.connection.reused";
    private const string Status = "http.response.status_code";

    /// <summary>Connections outlive a pause of the machine between two requests, and not only the 0.8 s that are shipped.</summary>
    private const string Kept = "--Legacy:PooledConnectionIdleTimeout=00:01:00";

    /// <summary>
    /// The keys of jaeger-ui's schema, packages/jaeger-ui/src/types/config.ts, to which Jaeger's documentation refers, that a JSON file
    /// can have and that are not marked experimental there.
    /// </summary>
    private static readonly Dictionary<string, string[]> _documented = new()
    {
        [""] =
        [
            "archiveEnabled", "criticalPathEnabled", "dependencies", "menu", "search", "traceIdDisplayLength", "topTagPrefixes", "tracking",
            "linkPatterns", "monitor", "traceGraph", "disableFileUploadControl", "disableJsonView", "forbidNewPage",
        ],
        ["dependencies"] = ["menuEnabled", "dagMaxNumServices"],
        ["search"] = ["maxLookback", "maxLimit", "adjustEndTime"],
        ["search.maxLookback"] = ["label", "value"],
        ["tracking"] = ["gaID", "trackErrors"],
        ["monitor"] = ["menuEnabled", "emptyState", "docsLink"],
        ["linkPatterns"] = ["type", "key", "url", "text"],
    };

    [Fact]
    public void The_configuration_of_the_page_has_only_documented_keys()
    {
        CheckKeys("", DeployLink.Configuration);

        Assert.True(DeployLink.Configuration["monitor"]!["menuEnabled"]!.GetValue<bool>());
        Assert.Equal("loopgate.", DeployLink.Configuration["topTagPrefixes"]![0]!.GetValue<string>());
    }

    [Fact]
    public void Each_link_is_made_of_the_tag_that_it_stands_on()
    {
        Assert.Equal([ConnectionId, "loopgate.loop.dead", "loopgate.loop.dead", "loopgate.loop.id"], DeployLink.All.Select(static link => link.Key).Order());
        Assert.All(DeployLink.All, static link =>
        {
            Assert.Equal("tags", link.Type);
            Assert.Equal([link.Key], link.Parameters);
            Assert.Equal(link.Fill("1f.1"), new Uri("http://jaeger" + link.Fill("1f.1")).PathAndQuery);
        });
    }

    [Fact]
    public async Task Jaeger_starts_with_the_configuration_and_gives_it_to_its_page()
    {
        DeployJaeger jaeger = await DeployJaeger.StartAsync(Processes, []);

        JsonNode? given = JsonNode.Parse(await jaeger.PageConfigurationAsync());

        Assert.True(JsonNode.DeepEquals(DeployLink.Configuration, given), $"The page was given {given}");
    }

    [Fact]
    public async Task Each_link_leads_to_exactly_the_traces_that_share_its_value()
    {
        Parts.Need("jaeger", "python", "elasticsearch");
        DeployJaeger jaeger = await DeployJaeger.StartAsync(Processes, []);
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn, elasticsearch.Address);
        GatewayProcess gateway = await StartAsync(jaeger, app.Address, elasticsearch.Address, "--Views:info:Path=/info");
        await Load.InARowAsync(gateway.Client, "/", 4);
        await Load.InARowAsync(gateway.Client, "/loop", 3);
        await Load.AtOnceAsync(gateway.Address, "/info", 20, connections: 4);
        IReadOnlyList<Span[]> seen = await gateway.TracesAsync(27);
        await jaeger.HasRequestsAsync(27);

        foreach (DeployLink link in DeployLink.All)
        {
            string[] values = [.. seen.SelectMany(static trace => trace).Select(span => span[link.Key]).OfType<string>().Distinct()];
            Assert.NotEmpty(values);
            foreach (string value in values)
            {
                string[] expected = [.. seen.SelectMany(static trace => trace).Where(span => span[link.SearchedTag] == value).Select(static span => span.TraceId).Distinct().Order()];

                IReadOnlyList<IReadOnlyList<JaegerSpan>> found = await jaeger.FollowAsync(link.Fill(value));

                // The setup is a trace of its own, which the gateway's page does not list among the requests.
                var setups = found.Where(static trace => trace.All(static span => span.Name.StartsWith("HTTP connection_setup", StringComparison.Ordinal))).ToList();
                Assert.Equal(expected, found.Except(setups).Select(static trace => trace[0].TraceId).Order());
                Assert.NotEmpty(expected);
                Assert.Equal(link.SearchedTag == ConnectionId ? [value] : [], setups.Select(static setup => Assert.Single(setup).Tags[ConnectionId]));
            }

            Output.WriteLine($"{link.Key} -> {link.SearchedTag}: {values.Length} values");
        }
    }

    [Fact]
    public async Task With_badger_laid_over_it_traces_outlive_a_restart()
    {
        Parts.Need("jaeger");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("loopgate-badger-");
        (string, string) kept = ("JAEGER_BADGER_DIRECTORY", folder.FullName);
        try
        {
            await using LocalServer app = await LocalServer.StartAsync(static _ => Task.CompletedTask);
            await using (var first = new ProcessSet())
            {
                DeployJaeger jaeger = await DeployJaeger.StartAsync(first, ["badger.yaml"], kept);
                GatewayProcess gateway = await StartAsync(jaeger, app.Address, Loopback.Nowhere, Kept);
                await Load.InARowAsync(gateway.Client, "/x", 5);
                await jaeger.HasRequestsAsync(5);
            }

            await using var second = new ProcessSet();
            DeployJaeger again = await DeployJaeger.StartAsync(second, ["badger.yaml"], kept);

            Assert.Equal(5, await again.RequestsAsync());
            Assert.Equal(4, (await again.SearchAsync((Reused, "true"))).Count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_search_tells_which_requests_waited_for_a_connection_and_which_met_a_stale_one()
    {
        Parts.Need("jaeger");
        DeployJaeger jaeger = await DeployJaeger.StartAsync(Processes, []);
        using var app = new DeployStaleServer(answersPerConnection: 2);
        GatewayProcess gateway = await StartAsync(jaeger, app.Address, Loopback.Nowhere, Kept);

        await Load.InARowAsync(gateway.Client, "/x", 6);

        await jaeger.HasRequestsAsync(6);
        IReadOnlyList<Span[]> seen = [.. (await gateway.TracesAsync(6)).Where(static trace => trace.Any(static span => span.IsServer))];
        string[] Numbered(params int[] numbers) => [.. numbers.Select(number => seen[number - 1][0].TraceId).Order()];
        string[] Found(IReadOnlyList<IReadOnlyList<JaegerSpan>> traces) => [.. traces.Select(static trace => trace[0].TraceId).Order()];
        Assert.Equal(Numbered(3, 6), Found(await jaeger.SearchAsync(("loopgate.connection.attempts", "2"))));
        // What is sent again rides on a connection that nobody else gets, so the next request opens one too.
        Assert.Equal(Numbered(1, 3, 4, 6), Found(await jaeger.OperationAsync($"HTTP wait_for_connection {app.Address.Authority}")));
        Assert.Equal(Numbered(2, 3, 5, 6), Found(await jaeger.SearchAsync((Reused, "true"))));
    }

    [Fact]
    public async Task One_search_proves_that_WsgiToAsgi_on_uvicorn_fails_on_reused_connections_only_and_a_setting_cures_it()
    {
        Parts.Need("jaeger", "python");
        DeployJaeger jaeger = await DeployJaeger.StartAsync(Processes, []);
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnUvicorn, client: "es9");
        GatewayProcess reusing = await StartAsync(jaeger, app.Address, Loopback.Nowhere);
        List<Answer> answers = [];
        for (int round = 0; round < 12 && answers.All(static answer => answer.Status == HttpStatusCode.OK); round++)
        {
            answers.AddRange(await Load.AtOnceAsync(reusing.Address, "/sync", 100));
        }

        int failed = answers.Count(static answer => answer.Status == HttpStatusCode.InternalServerError);
        await jaeger.HasRequestsAsync(answers.Count);
        Output.WriteLine($"{failed} of {answers.Count} failed");
        Assert.NotEqual(0, failed);
        Assert.Equal(failed, (await jaeger.SearchAsync((Reused, "true"), (Status, "500"))).Count);
        Assert.Empty(await jaeger.SearchAsync((Reused, "false"), (Status, "500")));

        GatewayProcess cured = await StartAsync(jaeger, app.Address, Loopback.Nowhere, "--Legacy:ReuseConnections=false");
        IReadOnlyCollection<Answer> after = await Load.AtOnceAsync(cured.Address, "/sync", 200);

        Assert.All(after, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        await jaeger.HasRequestsAsync(answers.Count + 200);
        Assert.Equal(failed, (await jaeger.SearchAsync((Reused, "true"), (Status, "500"))).Count);
        Assert.Empty(await jaeger.SearchAsync((Reused, "false"), (Status, "500")));
    }

    private static void CheckKeys(string path, JsonObject part)
    {
        Assert.Empty(part.Select(static pair => pair.Key).Except(_documented[path]));
        foreach ((string key, JsonNode? value) in part)
        {
            string below = path.Length == 0 ? key : $"{path}.{key}";
            IEnumerable<JsonObject> parts = value is JsonArray list ? list.OfType<JsonObject>() : new[] { value }.OfType<JsonObject>();
            foreach (JsonObject inner in parts)
            {
                CheckKeys(below, inner);
            }
        }
    }

    private Task<GatewayProcess> StartAsync(DeployJaeger jaeger, Uri app, Uri elasticsearch, params string[] settings) => GatewayProcess.StartAsync(
        Processes,
        jaeger.Exporting,
        [$"--Legacy:Address={app}", $"--Elasticsearch:Nodes:0={elasticsearch}", .. settings]);
}

using System.Net;
using System.Text;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The example of the README, on real servers: what the gateway answers is byte for byte what the Flask views answer.</summary>
public sealed class FileViewTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Shop = "gunicorn -w 1 -b 127.0.0.1:0 shop:app";
    private static readonly UriCreationOptions _asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly string[] _searches =
    [
        "q=cup", "q=cup&size=1", "q=cup&most=3", "q=cup&most=9.5", "q=cup&most=1e1", "q=nothing", "q=", "q=%F0%9F%98%80", "q=gr%C3%BCn", "q=%22quoted%22", "q=%3C/script%3E",
        "q=cup%22%7D%7D%5D%2C%22size%22%3A0", "q=%7Bsize%7D", "q=%00%0A", "q=cup+quoted", "q=cup&q=nothing", "q=cup&unknown=1", "%71=cup", "&&q=cup&", "q=a=b", "q=%zz", "q=cup&size=007",
    ];

    [Theory]
    [InlineData(ElasticsearchServer.New)]
    [InlineData(ElasticsearchServer.Old)]
    public async Task Each_view_that_is_moved_sends_the_body_that_Flask_sends(string version)
    {
        (PythonApp app, GatewayProcess gateway) = await StartAsync(version);
        string[] targets =
        [
            .. Products.All.SelectMany(static product => (string[])[$"/products/{Uri.EscapeDataString(product.Id)}", $"/products/{Uri.EscapeDataString(product.Id)}/stored"]),
            .. _searches.Select(static query => $"/products?{query}"),
            "/products/count?color=red", "/products/count?color=%22", "/products/count?color=blue&color=red",
            .. version == ElasticsearchServer.Old ? (string[])["/by-template/cup", "/by-template/%22%7D%F0%9F%98%80", "/by-template/...", "/by-template/quoted%20script"] : [],
        ];

        foreach (string target in targets)
        {
            (HttpStatusCode status, string type, string body) fromApp = await GetAsync(app.Address, target);
            (HttpStatusCode status, string type, string body) fromGateway = await GetAsync(gateway.Address, target);

            Assert.Equal(HttpStatusCode.OK, fromApp.status);
            Assert.True(fromApp == fromGateway, $"{target}: {fromApp} is {fromGateway}");
        }

        IReadOnlyList<Span[]> traces = await gateway.TracesAsync(targets.Length);
        Assert.All(traces, static trace => Assert.Equal("elasticsearch", trace.Single(static span => span.IsServer)["loopgate.served_by"]));
        Assert.Equal(
            ["/by-template/{words}", "/products", "/products/count", "/products/{id}", "/products/{id}/stored"],
            traces.Select(static trace => trace.Single(static span => span.IsServer)["http.route"]).Append("/by-template/{words}").Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_Flask_does_not_take_for_the_view_is_Flasks_to_answer()
    {
        (PythonApp app, GatewayProcess gateway) = await StartAsync(ElasticsearchServer.Old);

        foreach (string target in (string[])["/products/a%2Fb", "/products/", "/products/1/", "/products//1", "/Products/1", "/products/1/stored/", "/products/a/b", "/pr%6Fducts/1", "//products/1"])
        {
            Assert.Equal(await GetAsync(app.Address, target), await GetAsync(gateway.Address, target));
        }

        IReadOnlyList<Span[]> traces = await gateway.TracesAsync(9);
        Assert.All(traces, static trace => Assert.Equal("legacy", trace.Single(static span => span.IsServer)["loopgate.served_by"]));
    }

    /// <summary>A server 7.17 answers <c>products/_doc/_search</c> with a search, and the app shows all documents to whoever asks for that one.</summary>
    [Fact]
    public async Task An_id_never_leads_to_another_endpoint_of_a_real_server()
    {
        (_, GatewayProcess gateway) = await StartAsync(ElasticsearchServer.Old);

        foreach (string id in (string[])["_search", "_count", "_mapping", "..", "%2e%2e", ".%2E", "..%5C_search", "%0a", "%ff", new string('x', 513)])
        {
            Assert.Equal((id, HttpStatusCode.BadRequest), (id, (await GetAsync(gateway.Address, $"/products/{id}")).Status));
        }

        foreach (string id in (string[])["none", "..._search", "_Search", "%252e%252e%252f_cluster", "*,-x", "%F0%9F%98%80"])
        {
            Assert.Equal((id, HttpStatusCode.NotFound), (id, (await GetAsync(gateway.Address, $"/products/{id}")).Status));
        }
    }

    [Fact]
    public async Task An_index_that_is_missing_is_a_502_with_the_reason_in_the_log()
    {
        Parts.Need("elasticsearch");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync();
        string folder = Directory.CreateTempSubdirectory("loopgate-views-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "views.json"), """{ "views": { "v": { "path": "/v/{id}", "elasticsearch": { "source": { "index": "nowhere", "id": "{id}" } } } } }""");
        GatewayProcess gateway = await StartAsync(folder, Loopback.Nowhere, elasticsearch.Address);

        (HttpStatusCode status, _, string body) = await GetAsync(gateway.Address, "/v/1");

        Directory.Delete(folder, recursive: true);
        Assert.Equal(HttpStatusCode.BadGateway, status);
        Assert.DoesNotContain("nowhere", body, StringComparison.Ordinal);
        await Eventually.Holds(() => gateway.Process.Output.Any(static line => line.Contains("index_not_found_exception", StringComparison.Ordinal)), "the reason in the log");
    }

    private async Task<(PythonApp App, GatewayProcess Gateway)> StartAsync(string version)
    {
        Parts.Need("python", "elasticsearch");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync(version);
        await Products.StoreAsync(elasticsearch, withTemplate: version == ElasticsearchServer.Old);
        PythonApp app = await PythonApp.StartAsync(Processes, Shop, elasticsearch.Address);
        return (app, await StartAsync(Path.Combine(Parts.Repository, "deploy", "legacy"), app.Address, elasticsearch.Address));
    }

    private Task<GatewayProcess> StartAsync(string folder, Uri app, Uri elasticsearch) => GatewayProcess.StartAsync(
        Processes, [("ASPNETCORE_ENVIRONMENT", "Production"), ("GATEWAY_CONFIG", folder)], [$"--Legacy:Address={app}", $"--Elasticsearch:Nodes:0={elasticsearch}"]);

    private static async Task<(HttpStatusCode Status, string Type, string Body)> GetAsync(Uri server, string target)
    {
        using HttpClient client = Loopback.Client(server);
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{server.Authority}{target}", _asItIs));
        string body = Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync());
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType ?? "", body.Replace(server.Authority, "", StringComparison.Ordinal));
    }
}

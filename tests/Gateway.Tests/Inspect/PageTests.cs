using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Inspect;

/// <summary>The page of the last traces on the admin port.</summary>
public sealed class PageTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task The_page_lists_the_last_requests_the_youngest_first()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        Assert.Contains("None yet.", await PageAsync(gateway, "/"), StringComparison.Ordinal);

        await SendAsync(gateway, "/first", "/second");
        await gateway.TracesAsync(2);
        string page = await PageAsync(gateway, "/");

        int second = page.IndexOf("GET /second", StringComparison.Ordinal);
        int first = page.IndexOf("GET /first", StringComparison.Ordinal);
        Assert.InRange(second, 1, first);
        Assert.Contains("loopgate.served_by&amp;value=legacy\">legacy</a>", page, StringComparison.Ordinal);
        Assert.Contains("<td class=good>200", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/traces/0123")]
    [InlineData("/?tag=x")]
    public async Task A_page_runs_no_scripts_and_is_not_kept(string path)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        await SendAsync(gateway, "/any");

        using HttpResponseMessage page = await gateway.Client.GetAsync(new Uri(gateway.Admin, path));

        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", policy, StringComparison.Ordinal);
        Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType?.ToString());
        string html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("style=", html, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/<script>alert(1)</script>")]
    [InlineData("/\"onmouseover=\"alert(1)")]
    [InlineData("/'><img/src=x/onerror=alert(1)>")]
    [InlineData("/%3Cscript%3Ealert(1)%3C/script%3E")]
    public async Task What_a_client_puts_into_a_path_stays_text(string path)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);

        foreach (string host in (string[])["\"><script>", "a"])
        {
            await SendRawAsync(
                gateway, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: <script>alert(2)</script>\r\nConnection: close\r\n\r\n");
        }

        JsonElement[] trace = (await gateway.TracesAsync(1))[0];
        string id = trace[0].GetProperty("traceId").GetString()!;

        foreach (string page in (string[])[await PageAsync(gateway, "/"), await PageAsync(gateway, $"/traces/{id}")])
        {
            Assert.Contains("alert(", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\"onmouseover", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_app_reports_as_a_loop_stays_text()
    {
        await using var app = ScriptedServer.Always(
            "HTTP/1.1 200 OK\r\nX-Loop: id=a.1;use=1;error=\"<img src=x onerror='<script>'>\"\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await StartAsync(app);

        await SendAsync(gateway, "/any");
        string id = (await gateway.TracesAsync(1))[0][0].GetProperty("traceId").GetString()!;

        foreach (string page in (string[])[await PageAsync(gateway, "/"), await PageAsync(gateway, $"/traces/{id}")])
        {
            Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_search_puts_what_was_searched_for_into_the_page_as_text()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);

        string page = await PageAsync(gateway, $"/?tag={Uri.EscapeDataString("<b>")}&value={Uri.EscapeDataString("\"><script>")}");
        string missing = await PageAsync(gateway, "/traces/%3Cscript%3E", HttpStatusCode.NotFound);

        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page + missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_a_trace_is_its_tree_and_leads_to_the_connection_being_opened()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        await SendAsync(gateway, "/any");
        TraceOfOne trace = await gateway.TraceAsync();

        string page = await PageAsync(gateway, $"/traces/{trace.Server.GetProperty("traceId").GetString()}");

        int server = page.IndexOf(" Server Microsoft.AspNetCore", StringComparison.Ordinal);
        int client = page.IndexOf(" Client System.Net.Http", StringComparison.Ordinal);
        Assert.InRange(server, 1, client);
        Assert.Contains("<th>loopgate.connection.use<td>1</tr>", page, StringComparison.Ordinal);
        string setup = Assert.Single(trace.HttpCalls).GetProperty("links")[0].GetProperty("traceId").GetString()!;
        Assert.Contains(
            $"<tr><th>link<td><a href=\"/traces/{setup}\">HTTP connection_setup 127.0.0.1:{app.Address.Port}</a></tr>", page, StringComparison.Ordinal);
        string opened = await PageAsync(gateway, $"/traces/{setup}");
        Assert.Contains("loopgate.connection.peer<td>legacy", opened, StringComparison.Ordinal);
        string connection = TraceOfOne.Attribute(trace.HttpCalls[0], "loopgate.connection.id")!;
        Assert.Contains($">{connection}</a>", opened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_by_tag_finds_the_requests_that_have_it()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);
        using (await gateway.Client.GetAsync("/"))
        {
        }

        await SendAsync(gateway, "/app-1", "/app-2");
        await gateway.TracesAsync(3);

        Assert.Equal(2, (await gateway.TracesAsync(2, "?tag=loopgate.served_by&value=legacy")).Count);
        Assert.Single(await gateway.TracesAsync(1, "?tag=loopgate.served_by&value=gateway"));
        Assert.Equal(3, (await gateway.TracesAsync(3, "?tag=loopgate.served_by")).Count);
        Assert.Empty(await gateway.TracesAsync(0, "?tag=no.such.tag"));
        string page = await PageAsync(gateway, "/?tag=loopgate.served_by&value=legacy");
        Assert.Contains("GET /app-1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /</a>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_link_of_the_list_and_of_the_tree_leads_somewhere_and_a_search_finds_its_own_request_again()
    {
        await using var app = ScriptedServer.Always(
            "HTTP/1.1 200 OK\r\nX-Loop: id=a-b_c.1;use=1;dead=a-b_c.0\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await StartAsync(app);
        await SendAsync(gateway, "/any");
        TraceOfOne trace = await gateway.TraceAsync();

        string[] ofList = Links(await PageAsync(gateway, "/"));
        string[] ofTree = Links(await PageAsync(gateway, $"/traces/{trace.Server.GetProperty("traceId").GetString()}"));

        // Of the list: the trace, who served it, its loop, its connection.
        // Of the tree: back, who served it, its loop, the dead loop, its connection, the route, the connection being opened.
        Assert.Equal((4, 7), (ofList.Length, ofTree.Length));
        Assert.Contains("/?tag=http.route&value=%2F%7B%2A%2Arest%7D", ofTree);
        foreach (string link in ofList.Concat(ofTree))
        {
            string page = await PageAsync(gateway, link);
            Assert.True(!link.StartsWith("/?tag=", StringComparison.Ordinal) || page.Contains("GET /any", StringComparison.Ordinal), link);
        }
    }

    [Theory]
    [InlineData("/traces/00000000000000000000000000000000")]
    [InlineData("/traces/nonsense")]
    [InlineData("/api/traces/00000000000000000000000000000000")]
    public async Task A_trace_that_is_not_kept_is_a_404(string path)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);

        using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(gateway.Admin, path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("/", "Inspect:Traces is 0")]
    [InlineData("/api/traces", "")]
    [InlineData("/traces/00000000000000000000000000000000", "")]
    public async Task With_no_traces_to_keep_the_page_is_off(string path, string text)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, ("Inspect:Traces", "0"));
        await SendAsync(gateway, "/any");

        using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(gateway.Admin, path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains(text, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage health = await gateway.Client.GetAsync(new Uri(gateway.Admin, "/readyz"));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task No_more_traces_are_kept_than_were_asked_for_and_they_are_the_last_ones()
    {
        // A connection for each request, so that the openings are as many.
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await StartAsync(app, ("Inspect:Traces", "10"), ("Legacy:ReuseConnections", "false"));

        for (int i = 1; i <= 30; i++)
        {
            await SendAsync(gateway, $"/{i}");
        }

        await Eventually.Async(
            async () => Paths(await gateway.TracesAsync(10)).SequenceEqual(Enumerable.Range(21, 10).Reverse().Select(static i => $"/{i}")),
            "the last ten requests");
    }

    [Fact]
    public async Task One_trace_that_never_ends_is_bounded_too()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, ("Inspect:Traces", "10"), ("Tracing:TrustedCallers:0", "127.0.0.0/8"));

        for (int i = 0; i < 1200; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/any");
            request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            using HttpResponseMessage answer = await gateway.Client.SendAsync(request);
        }

        Assert.InRange(Assert.Single(await gateway.TracesAsync(1)).Length, 2, 2000);
    }

    [Fact]
    public async Task The_page_cannot_be_reached_through_the_data_port()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app);

        using HttpResponseMessage answer = await gateway.Client.GetAsync("/api/traces");
        using HttpResponseMessage style = await gateway.Client.GetAsync(new Uri(gateway.Admin, "/style.css"));

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Equal("text/css", style.Content.Headers.ContentType?.ToString());
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app, params (string, string)[] settings) =>
        GatewayHost.StartAsync([("Legacy:Address", app.Address.AbsoluteUri), .. settings]);

    private static async Task SendAsync(GatewayHost gateway, params string[] paths)
    {
        foreach (string path in paths)
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    /// <summary>Bytes that no client library would send.</summary>
    private static async Task SendRawAsync(GatewayHost gateway, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var answer = new StreamReader(client.GetStream(), Encoding.Latin1);
        await answer.ReadToEndAsync();
    }

    private static async Task<string> PageAsync(GatewayHost gateway, string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(gateway.Admin, path));
        Assert.Equal(status, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static string[] Links(string page) =>
        [.. page.Split("<a href=\"").Skip(1).Select(static rest => WebUtility.HtmlDecode(rest.Split('"')[0]))];

    private static IEnumerable<string?> Paths(IReadOnlyList<JsonElement[]> traces) =>
        traces.Select(static trace => TraceOfOne.Attribute(new TraceOfOne(trace).Server, "url.path"));
}

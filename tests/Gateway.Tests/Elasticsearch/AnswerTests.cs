using System.Net;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M4, M5, M8, M9: which answers are Elasticsearch's, and what becomes of the others.</summary>
public sealed class AnswerTests
{
    private static readonly (string Key, string Value)[] _health =
        [(":Views:health:Path", "/health"), (":Views:health:Elasticsearch", "GET /_cluster/health")];

    private const string Unusable = "Elasticsearch sent an answer that cannot be used.";
    private const string Secret = "internal-detail";
    private const string ErrorJson = """{"error":{"reason":"internal-detail"},"status":0}""";

    public static TheoryData<string, string, string> Unusables { get; } = new()
    {
        { "400 with error JSON", Answers.Json(ErrorJson, "400 Bad Request"), "status 400" },
        { "404 with error JSON", Answers.Json(ErrorJson, "404 Not Found"), "status 404" },
        { "410", Answers.Json(ErrorJson, "410 Gone"), "status 410" },
        { "500 with error JSON", Answers.Json(ErrorJson, "500 Internal Server Error"), "status 500" },
        { "201", Answers.Json(Answers.InfoJson, "201 Created"), "status 201" },
        { "204", $"HTTP/1.1 204 No Content\r\n{Answers.Product}\r\n", "status 204" },
        { "206", Answers.Json(Answers.InfoJson, "206 Partial Content"), "status 206" },
        { "redirect", Answers.Of("", "302 Found", Answers.Product + "Location: http://127.0.0.1:1/internal-detail\r\n"), "status 302" },
        { "HTML that claims the product", Answers.Of("<html>", "200 OK", "Content-Type: text/html\r\n" + Answers.Product), "text/html" },
        { "no content type", Answers.Of(Answers.InfoJson, "200 OK", Answers.Product), "content type" },
        { "JSON lines", Answers.Of(Answers.InfoJson, "200 OK", "Content-Type: application/x-ndjson\r\n" + Answers.Product), "application/x-ndjson" },
        { "not the product", Answers.Json(Answers.InfoJson, fields: "X-elastic-product: OpenSearch\r\n"), "not Elasticsearch" },
        { "no product, 7.17", Answers.Json(Answers.Greeting("7.17.0"), fields: ""), "not Elasticsearch" },
        { "no product, 7.14", Answers.Json(Answers.Greeting("7.14.0"), fields: ""), "not Elasticsearch" },
        { "no product, 8", Answers.Json(Answers.Greeting("8.19.0"), fields: ""), "not Elasticsearch" },
        { "no product, 7.13 of somebody else", Answers.Json(Answers.Greeting("7.10.2", "The OpenSearch Project"), fields: ""), "not Elasticsearch" },
        { "no product, a strange version", Answers.Json(Answers.Greeting("seven"), fields: ""), "not Elasticsearch" },
        { "no product, a version of another type", Answers.Json("""{"version":7,"tagline":"You Know, for Search"}""", fields: ""), "not Elasticsearch" },
        { "no product, a number of another type", Answers.Json("""{"version":{"number":7},"tagline":"You Know, for Search"}""", fields: ""), "not Elasticsearch" },
        { "no product, a tagline of another type", Answers.Json("""{"version":{"number":"7.1"},"tagline":7}""", fields: ""), "not Elasticsearch" },
        { "no product, a list", Answers.Json("[]", fields: ""), "not Elasticsearch" },
        { "no product, empty", Answers.Json("", fields: ""), "not Elasticsearch" },
        { "two values", Answers.Json("{}{}"), "the answer cannot be used: Byte 2 is 0x7B, which cannot stand there. Said" },
        { "not UTF-8", Answers.Json("{\"other\":\"\xff\"}"), "the answer cannot be used: The document is not valid UTF-8. Said" },
        { "a name that is not UTF-8", Answers.Json("{\"name\":\"\xff\"}"), "the answer cannot be used: The document is not valid UTF-8. Said" },
        { "gzip that nobody asked for", Answers.Json("\x1f\x8b\x08", fields: Answers.Product + "Content-Encoding: gzip\r\n"), "content encoding 'gzip' was not asked for" },
    };

    [Theory]
    [MemberData(nameof(Unusables))]
    public async Task An_answer_that_cannot_be_used_is_a_502_and_the_log_says_why(string what, string bytes, string reason)
    {
        await using var node = ScriptedServer.Always(bytes);
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, other);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        Assert.DoesNotContain(Secret, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        LogEntry said = Assert.Single(scene.Said);
        Assert.True(said.Level == LogLevel.Warning, what);
        Assert.Contains(reason, said.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said.Message, StringComparison.Ordinal);
        Assert.Empty(other.Connections);
        Assert.Equal("cluster_broken", TraceOfOne.Attribute((await scene.Gateway.TraceAsync()).Server, "error.type"));
    }

    /// <summary>The connection ends with the answer, before what the answer promised.</summary>
    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n{\"name\":\"es01\"}")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData("Content-Length: -1\r\n\r\n{}")]
    [InlineData("No colon\r\n\r\n{}")]
    public async Task An_answer_that_is_cut_short_or_broken_is_a_502_and_never_a_200(string rest)
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{Answers.Product}{rest}");
        });
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        Assert.Contains("cluster_broken", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("401 Unauthorized")]
    [InlineData("403 Forbidden")]
    public async Task Refused_credentials_are_a_502_and_an_error_in_the_log_once_a_minute(string status)
    {
        await using var node = ScriptedServer.Always(
            Answers.Json(ErrorJson, status, Answers.Product + "WWW-Authenticate: ApiKey\r\nWWW-Authenticate: Basic realm=\"security\"\r\n"));
        await using var other = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, other);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, "Elasticsearch refused the gateway.");

        Assert.Empty(other.Connections);
        await scene.GetsInfoAsync();
        using HttpResponseMessage again = await scene.GetsProblemAsync(502, "Elasticsearch refused the gateway.");
        LogEntry said = Assert.Single(scene.Said);
        Assert.Equal((LogLevel.Error, 401), (said.Level, said.Id));
        Assert.Contains("status " + status[..3], said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":""")]
    [InlineData("")]
    public async Task An_answer_that_only_its_reader_finds_broken_is_said_once_a_minute_too(string body)
    {
        await using var node = ScriptedServer.Always(Answers.Json(body));
        await using Scene scene = await Scene.StartAsync(node);

        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);
        }

        Assert.Single(scene.Said);
    }

    public static TheoryData<string, string> Usables { get; } = new()
    {
        { "8 with charset", Answers.Of(Answers.InfoJson, "200 OK", "Content-Type: application/json; charset=UTF-8\r\n" + Answers.Product) },
        { "8 in its own type", Answers.Of(Answers.InfoJson, "200 OK", "Content-Type: application/vnd.elasticsearch+json;compatible-with=8\r\n" + Answers.Product) },
        { "a type in another case", Answers.Of(Answers.InfoJson, "200 OK", "Content-Type: Application/JSON\r\n" + Answers.Product) },
        { "fields in another case", Answers.Of(Answers.InfoJson, "200 OK", "content-type: application/json\r\nX-ELASTIC-PRODUCT: Elasticsearch\r\n") },
        {
            "in chunks",
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{Answers.Product}Transfer-Encoding: chunked\r\n\r\n"
                + $"{Answers.InfoJson.Length:x}\r\n{Answers.InfoJson}\r\n0\r\n\r\n"
        },
    };

    [Theory]
    [MemberData(nameof(Usables))]
    public async Task An_answer_of_elasticsearch_is_relayed_in_flasks_style(string what, string bytes)
    {
        await using var node = ScriptedServer.Always(bytes);
        await using Scene scene = await Scene.StartAsync(node);

        await scene.GetsInfoAsync();

        Assert.True(scene.Said.Count == 0, what);
    }

    [Theory]
    [InlineData("7.13.1")]
    [InlineData("7.9.3-SNAPSHOT")]
    [InlineData("6.8.23")]
    public async Task A_server_before_7_14_is_known_by_its_greeting(string version)
    {
        await using var node = ScriptedServer.Always(Answers.Json(Answers.Greeting(version), fields: ""));
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(version, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_before_7_14_is_asked_for_its_greeting_where_a_view_asks_for_something_else()
    {
        await using ScriptedServer node = Old("7.13.4");
        await using Scene scene = await Scene.StartAsync(node, _health);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("{\"status\":\"green\"}\n", await scene.Gateway.Client.GetStringAsync("/health"));
        }

        Assert.Equal(["/_cluster/health", "/", "/_cluster/health", "/_cluster/health"], node.Requests.Select(static request => request.Target));
    }

    /// <summary>Who it is, is not known then; another node may be asked.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")]
    public async Task A_server_that_fails_on_its_greeting_is_passed_over(string greeting)
    {
        await using var node = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { Target: not "/" })
            {
                await connection.SendAsync(Answers.Json("""{"status":"green"}""", fields: ""));
            }

            await connection.SendAsync(greeting);
        });
        await using ScriptedServer other = Old("7.13.4");
        await using Scene scene = await Scene.StartAsync(node, other, _health);

        Assert.Equal("{\"status\":\"green\"}\n", await scene.Gateway.Client.GetStringAsync("/health"));

        // What a connection loses that was used before is sent once more, on a new one.
        Assert.Equal(["/_cluster/health", "/"], node.Requests.Select(static request => request.Target).Distinct());
        Assert.Equal(["/_cluster/health", "/"], other.Requests.Select(static request => request.Target));
        Assert.Empty(scene.Said);
    }

    [Fact]
    public async Task What_neither_names_its_product_nor_greets_like_an_old_server_is_not_elasticsearch_for_any_view()
    {
        await using ScriptedServer node = Old("8.19.0");
        await using Scene scene = await Scene.StartAsync(node, _health);

        using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync("/health");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("not Elasticsearch", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    /// <summary>Half a surrogate pair: JSON allows it, Python reads and writes it, .NET's strings of JSON refuse it.</summary>
    [Theory]
    [InlineData("name")]
    [InlineData("cluster_name")]
    [InlineData("other")]
    public async Task An_answer_with_half_a_character_is_relayed_as_it_is(string key)
    {
        string json = $"{{\"{key}\":\"\\ud800\"}}";
        await using var node = ScriptedServer.Always(Answers.Json(json));
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.GetAsync();

        Assert.Equal(json + "\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Head_has_the_fields_of_get_and_no_body()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node);

        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        using HttpResponseMessage answer = await scene.Gateway.Client.SendAsync(head);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Answers.InfoJson.Length + 1, answer.Content.Headers.ContentLength);
        Assert.Equal("GET", Assert.Single(node.Requests).Method);
        Assert.DoesNotContain(answer.Headers, static field => field.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_refused_head_has_the_status_and_no_body()
    {
        await using var node = ScriptedServer.Always(Answers.Json(ErrorJson, "500 Internal Server Error"));
        await using Scene scene = await Scene.StartAsync(node);

        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        using HttpResponseMessage answer = await scene.Gateway.Client.SendAsync(head);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.ToString());
    }

    /// <summary>A server that does not name its product.</summary>
    private static ScriptedServer Old(string version) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            string json = request.Target == "/" ? Answers.Greeting(version) : """{"status":"green"}""";
            await connection.SendAsync(Answers.Json(json, fields: ""));
        }
    });
}

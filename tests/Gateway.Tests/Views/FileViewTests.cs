using System.Text;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Views;

/// <summary>What a view of views.json asks Elasticsearch for, and what it makes of the answer.</summary>
public sealed class FileViewTests
{
    private const string Search = """
        "find": {
          "path": "/find", "query": { "q": { "type": "string", "required": true }, "size": { "type": "integer", "default": 10 }, "color": { "type": "string" } },
          "elasticsearch": { "search": { "index": "products", "body": {
            "query": { "bool": { "must": [{ "match": { "name": "{q}" } }], "filter": [{ "term": { "sold": false } }], "boost": 1.0, "x": null, "y": {}, "z": [] } },
            "size": "{size}", "post_filter": { "term": { "color": "{color}" } }, "track_total_hits": 9007199254740993 } } },
          "answer": "hits"
        }
        """;

    private const string Hits = """
        {"took":3,"timed_out":false,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},"hits":{"total":{"value":2,"relation":"eq"},"hits":[
          {"_id":"1","_source":{"b":1.0,"a":"é😀"}}, {"_id":"2","_source":{"n":9007199254740993,"m":1e21,"o":-0.0,"e":{}}}]}}
        """;

    public static TheoryData<string, string> Answers { get; } = new()
    {
        { """ "get": { "index": "products", "id": "{id}" } }, "answer": "whole", "jsonStyle": "compact" """, ViewScene.Product },
        { """ "get": { "index": "products", "id": "{id}" } }, "answer": "whole" """, """{"_id":"1","_index":"products","_source":{"name":"Cup","price":9.5,"tags":[]},"found":true}""" + "\n" },
        { """ "get": { "index": "products", "id": "{id}" } }, "answer": "source" """, """{"name":"Cup","price":9.5,"tags":[]}""" + "\n" },
        { """ "get": { "index": "products", "id": "{id}" } }, "answer": "source", "jsonStyle": "django" """, """{"name": "Cup", "price": 9.5, "tags": []}""" },
        { """ "get": { "index": "products", "id": "{id}" } }, "answer": "source", "jsonStyle": "compact" """, """{"name":"Cup","price":9.50,"tags":[]}""" },
    };

    public static TheoryData<string, string> Lists { get; } = new()
    {
        { "flask", """[{"a":"\u00e9\ud83d\ude00","b":1.0},{"e":{},"m":1e+21,"n":9007199254740993,"o":-0.0}]""" + "\n" },
        { "django", """[{"b": 1.0, "a": "\u00e9\ud83d\ude00"}, {"n": 9007199254740993, "m": 1e+21, "o": -0.0, "e": {}}]""" },
        { "compact", """[{"b":1.0,"a":"é😀"},{"n":9007199254740993,"m":1e21,"o":-0.0,"e":{}}]""" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_document_is_sent_as_asked_for(string rest, string body)
    {
        await using ViewScene scene = await ViewScene.StartAsync($$"""  "product": { "path": "/products/{id}", "elasticsearch": { {{rest}} } """);

        RawAnswer answer = await scene.GetAsync("/products/1");

        Assert.Equal((200, "application/json", body), (answer.Status, answer.Field("Content-Type"), answer.Body));
        Assert.Equal("/products/_doc/1", Assert.Single(scene.Node.Requests).Target);
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task The_documents_of_a_search_are_sent_as_a_list(string style, string body)
    {
        await using ViewScene scene = await ViewScene.StartAsync(
            Search.Replace("\"hits\"", $"\"hits\", \"jsonStyle\": \"{style}\"", StringComparison.Ordinal), Hits);

        RawAnswer answer = await scene.GetAsync("/find?q=cup");

        Assert.Equal((200, body), (answer.Status, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(answer.Body))));
    }

    [Theory]
    [InlineData("q=cup&color=red", "\"cup\"", "10", "\"color\":\"red\"")]
    [InlineData("q=cup&size=5", "\"cup\"", "5", null)]
    [InlineData("q=%22%7D%2C%22size%22%3A1000", "\"\\\"},\\\"size\\\":1000\"", "10", null)]
    [InlineData("q=%7Bsize%7D", "\"{size}\"", "10", null)]
    [InlineData("q=%0A%00%5C%F0%9F%98%80", "\"\\n\\u0000\\\\\\uD83D\\uDE00\"", "10", null)]
    [InlineData("q=", "\"\"", "10", null)]
    [InlineData("q=null", "\"null\"", "10", null)]
    [InlineData("q=7", "\"7\"", "10", null)]
    public async Task Arguments_are_values_in_the_body_and_the_rest_of_it_stays(string query, string q, string size, string? color)
    {
        await using ViewScene scene = await ViewScene.StartAsync(Search, Hits);

        Assert.Equal(200, (await scene.GetAsync($"/find?{query}")).Status);

        ScriptedRequest asked = Assert.Single(scene.Node.Requests);
        Assert.Equal(("POST", "/products/_search?allow_partial_search_results=false", "application/json"), (asked.Method, asked.Target, asked.Field("Content-Type")));
        string wanted = """
            {"query":{"bool":{"must":[{"match":{"name":Q}}],"filter":[{"term":{"sold":false}}],"boost":1.0,"x":null,"y":{},"z":[]}},"size":SIZE,"post_filter":{"term":{COLOR}},"track_total_hits":9007199254740993}
            """.Replace("Q}", q + "}", StringComparison.Ordinal).Replace("SIZE", size, StringComparison.Ordinal).Replace("COLOR", color, StringComparison.Ordinal);
        using JsonDocument expected = JsonDocument.Parse(wanted);
        using JsonDocument body = JsonDocument.Parse(asked.Body);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, body.RootElement), Encoding.UTF8.GetString(asked.Body));
        Assert.Contains("\"boost\":1.0,\"x\":null,\"y\":{},\"z\":[]", Encoding.UTF8.GetString(asked.Body), StringComparison.Ordinal);
        Assert.Contains(":9007199254740993}", Encoding.UTF8.GetString(asked.Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "source": { "index": "products", "id": "{id}" } """, "GET /products/_source/a", "", "get_source")]
    [InlineData(""" "get": { "index": "shop.products-1", "id": "{id}" } """, "GET /shop.products-1/_doc/a", "", "get")]
    [InlineData(""" "count": { "index": "products", "body": { "query": { "term": { "sku": "{id}" } } } } """, "POST /products/_count", """{"query":{"term":{"sku":"a"}}}""", "count")]
    [InlineData(""" "count": { "index": "products" } """, "GET /products/_count", "", "count")]
    [InlineData(""" "search": { "index": "products", "body": {} } """, "POST /products/_search?allow_partial_search_results=false", "{}", "search")]
    [InlineData(""" "searchTemplate": { "index": "products", "id": "by-sku", "params": { "sku": "{id}", "n": 3 } } """,
        "POST /products/_search/template?allow_partial_search_results=false", """{"id":"by-sku","params":{"sku":"a","n":3}}""", "search_template")]
    [InlineData(""" "searchTemplate": { "index": "products", "id": "all" } """, "POST /products/_search/template?allow_partial_search_results=false", """{"id":"all"}""", "search_template")]
    public async Task Each_call_has_its_address_its_body_and_its_name_in_the_trace(string call, string asked, string body, string operation)
    {
        await using ViewScene scene = await ViewScene.StartAsync($$"""  "v": { "path": "/v/{id}", "elasticsearch": { {{call}} } } """);

        Assert.Equal(200, (await scene.GetAsync("/v/a")).Status);

        ScriptedRequest request = Assert.Single(scene.Node.Requests);
        Assert.Equal((asked, body), ($"{request.Method} {request.Target}", Encoding.UTF8.GetString(request.Body)));
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal(operation, TraceOfOne.Attribute(trace.Operation, "db.operation.name"));
        Assert.Equal(asked.Split('/')[1], TraceOfOne.Attribute(trace.Operation, "db.collection.name"));
        Assert.Equal("GET /v/{id}", trace.Server.GetProperty("name").GetString());
        Assert.Equal("/v/{id}", TraceOfOne.Attribute(trace.Server, "http.route"));
        Assert.Equal("elasticsearch", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
    }

    [Theory]
    [InlineData("get", """{"_index":"products","_id":"1","found":false}""", 404, "document_missing")]
    [InlineData("source", """{"error":{"type":"resource_not_found_exception","reason":"Document not found [products]/[1]"},"status":404}""", 404, "document_missing")]
    [InlineData("get", """{"error":{"type":"index_not_found_exception","reason":"no such index [products]"},"status":404}""", 502, "cluster_broken")]
    [InlineData("search", """{"error":{"type":"index_not_found_exception","reason":"no such index [products]"},"status":404}""", 502, "cluster_broken")]
    [InlineData("searchTemplate", """{"error":{"type":"resource_not_found_exception","reason":"unable to find script [1] in cluster state"},"status":404}""", 502, "cluster_broken")]
    public async Task A_missing_document_is_the_clients_affair_and_all_else_that_is_missing_the_operators(string call, string sent, int status, string reason)
    {
        string body = call == "search" ? "\"body\": {}" : "\"id\": \"1\"";
        await using ViewScene scene = await ViewScene.StartAsync(
            $$"""  "v": { "path": "/v", "elasticsearch": { "{{call}}": { "index": "products", {{body}} } } } """, sent, 404);

        RawAnswer answer = await scene.GetAsync("/v");

        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.Field("Content-Type")));
        Assert.Equal(reason, TraceOfOne.Attribute((await scene.Gateway.TraceAsync()).Server, "error.type"));
        Assert.Equal(status == 502, scene.Gateway.Log.Any(static entry => entry.Message.Contains("index_not_found_exception", StringComparison.Ordinal)
            || entry.Message.Contains("the search template is missing", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Each_view_whose_index_is_missing_is_named_in_the_log()
    {
        const string Missing = """{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}""";
        await using ViewScene scene = await ViewScene.StartAsync(
            """
              "one": { "path": "/one", "elasticsearch": { "get": { "index": "first", "id": "1" } } },
              "two": { "path": "/two", "elasticsearch": { "count": { "index": "second" } } }
            """, Missing, 404);

        foreach (string path in (string[])["/one", "/two", "/one", "/two"])
        {
            Assert.Equal(502, (await scene.GetAsync(path)).Status);
        }

        Assert.Equal(
            ["get of first: status 404, index_not_found_exception.", "count of second: status 404, index_not_found_exception."],
            scene.Gateway.Log.Where(static entry => entry.Id == 400).Select(entry => entry.Message.Split($"{scene.Node.Address.Authority}: ")[1].Split(" Said")[0]));
    }

    [Theory]
    [InlineData("""{"timed_out":true,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"hits":[]}}""", "ran out of time")]
    [InlineData("""{"timed_out":false,"_shards":{"total":2,"successful":1,"failed":1},"hits":{"hits":[]}}""", "1 of 2 shards failed")]
    public async Task An_answer_that_is_not_complete_is_refused_unless_the_view_allows_it(string sent, string reason)
    {
        const string View = """ "v": { "path": "/v", "elasticsearch": { "search": { "index": "products", "body": {} } }, "answer": "hits" """;
        await using (ViewScene strict = await ViewScene.StartAsync($"{View} }}", sent))
        {
            Assert.Equal(502, (await strict.GetAsync("/v")).Status);
            Assert.Contains(strict.Gateway.Log, entry => entry.Message.Contains($"view v: ", StringComparison.Ordinal) && entry.Message.Contains(reason, StringComparison.Ordinal));
        }

        await using ViewScene lenient = await ViewScene.StartAsync($"{View}, \"allowPartialResults\": true }}", sent);
        Assert.Equal("[]\n", (await lenient.GetAsync("/v")).Body);
        Assert.EndsWith("?allow_partial_search_results=true", lenient.Node.Requests[0].Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"count":5,"_shards":{"total":2,"successful":1,"failed":1}}""", 502)]
    [InlineData("""{"count":5,"_shards":{"total":2,"successful":2,"failed":0}}""", 200)]
    [InlineData("""{"count":5,"_shards":{"total":2,"failed":1.5}}""", 502)]
    [InlineData("""{"count":5,"_shards":{"total":2,"failed":99999999999}}""", 502)]
    [InlineData("""{"count":5,"_shards":{"total":0.5,"failed":1}}""", 502)]
    [InlineData("""{"count":5,"_shards":{"total":2,"failed":"1"}}""", 502)]
    public async Task A_count_of_some_shards_only_is_no_count(string sent, int status)
    {
        await using ViewScene scene = await ViewScene.StartAsync(""" "v": { "path": "/v", "elasticsearch": { "count": { "index": "products" } } } """, sent);

        Assert.Equal(status, (await scene.GetAsync("/v")).Status);
    }

    [Theory]
    [InlineData("hits", """{"hits":{"hits":[{"_id":"1"}]}}""")]
    [InlineData("hits", """{"hits":[]}""")]
    [InlineData("hits", """[]""")]
    [InlineData("hits", """{"hits":{"hits":[""")]
    [InlineData("source", """{"_id":"1"}""")]
    [InlineData("source", "1")]
    [InlineData("source", "")]
    [InlineData("whole", """{"_id":"1""")]
    public async Task An_answer_that_is_none_is_a_502(string part, string sent)
    {
        string call = part == "hits" ? "\"search\": { \"index\": \"p\", \"body\": {} }" : "\"get\": { \"index\": \"p\", \"id\": \"1\" }";
        await using ViewScene scene = await ViewScene.StartAsync($$"""  "v": { "path": "/v", "elasticsearch": { {{call}} }, "answer": "{{part}}" } """, sent);

        RawAnswer answer = await scene.GetAsync("/v");

        Assert.Equal((502, "application/problem+json"), (answer.Status, answer.Field("Content-Type")));
        Assert.Contains(scene.Gateway.Log, static entry => entry.Message.Contains("view v: the answer ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_arguments_nothing_is_in_the_trace_nor_in_the_log()
    {
        await using ViewScene scene = await ViewScene.StartAsync(Search + """, "p": { "path": "/p/{id}", "elasticsearch": { "get": { "index": "products", "id": "{id}" } } } """, Hits);

        await scene.GetAsync("/find?q=hunter2");
        await scene.GetAsync("/find?q=cup&size=hunter2");

        Assert.DoesNotContain("hunter2", JsonSerializer.Serialize(await scene.Gateway.TracesAsync(2)), StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Gateway.Log, static entry => entry.Level > Microsoft.Extensions.Logging.LogLevel.Debug && entry.Message.Contains("hunter2", StringComparison.Ordinal));
    }
}

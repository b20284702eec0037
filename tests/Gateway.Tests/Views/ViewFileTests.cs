using System.Text;
using Gateway.Configuration;
using Gateway.Tests.Configuration;
using Gateway.Views;

namespace Gateway.Tests.Views;

/// <summary>views.json is read strictly: all that is wrong with it is said at once, each with the file, the view and the place in it.</summary>
public sealed class ViewFileTests
{
    private const string Get = """ "elasticsearch": { "get": { "index": "p", "id": "1" } } """;

    public static TheoryData<string, string, string> Wrong { get; } = new()
    {
        { $$"""  "v": { {{Get}} } """, "$.views.v.path", "is required" },
        { $$"""  "v": { "path": "v", {{Get}} } """, "$.views.v.path", "must be a path" },
        { $$"""  "v": { "path": "/a//b", {{Get}} } """, "$.views.v.path", "must be a path" },
        { $$"""  "v": { "path": "/../b", {{Get}} } """, "$.views.v.path", "must be a path" },
        { $$"""  "v": { "path": "/a%20b", {{Get}} } """, "$.views.v.path", "must be a path" },
        { $$"""  "v": { "path": "/x{id}", {{Get}} } """, "$.views.v.path", "must be a path" },
        { $$"""  "v": { "path": "/{id}/{ID}", {{Get}} } """, "$.views.v.path", "twice" },
        { $$"""  "v": { "path": 7, {{Get}} } """, "$.views.v.path", "must be a text" },
        { $$"""  "v": { "path": "/v", "methods": ["POST"], {{Get}} } """, "$.views.v.methods", "GET, HEAD or both" },
        { $$"""  "v": { "path": "/v", "methods": [], {{Get}} } """, "$.views.v.methods", "at least one" },
        { $$"""  "v": { "path": "/v", "answr": "whole", {{Get}} } """, "$.views.v.answr", "no such key" },
        { $$"""  "v": { "path": "/v", "answer": "hits", {{Get}} } """, "$.views.v.answer", "hits is for search" },
        { $$"""  "v": { "path": "/v", "answer": "all", {{Get}} } """, "$.views.v.answer", "one of whole, source, hits" },
        { $$"""  "v": { "path": "/v", "jsonStyle": "Flask", {{Get}} } """, "$.views.v.jsonStyle", "one of flask, django, compact" },
        { $$"""  "v": { "path": "/v", "singleFlight": "yes", {{Get}} } """, "$.views.v.singleFlight", "true or false" },
        { $$"""  "v": { "path": "/v", "allowPartialResults": true, {{Get}} } """, "$.views.v.allowPartialResults", "is for search" },
        { $$"""  "v": { "path": "/v", "parameters": { "id": {} }, {{Get}} } """, "$.views.v.parameters.id", "no such parameter" },
        { $$"""  "v": { "path": "/{id}", "parameters": { "id": { "required": true } }, {{Get}} } """, "$.views.v.parameters.id.required", "no such key" },
        { $$"""  "v": { "path": "/v", "query": { "q": {} }, {{Get}} } """, "$.views.v.query.q", "nothing in the call uses it" },
        { $$"""  "info": { "path": "/v", {{Get}} } """, "$.views.info", "of this name" },
        { $$"""  "v": { "path": "/", {{Get}} } """, "$.views.v.path", "the view info of the configuration" },
        { $$"""  "a": { "path": "/x/{y}", {{Get}} }, "b": { "path": "/x/{z}", {{Get}} } """, "$.views.b.path", "the view a has the same path and method" },
        { """ "v": { "path": "/v" } """, "$.views.v.elasticsearch", "is required" },
        { """ "v": { "path": "/v", "elasticsearch": {} } """, "$.views.v.elasticsearch", "exactly one of get, source, search, searchTemplate, count" },
        { """ "v": { "path": "/v", "elasticsearch": { "delete": { "index": "p", "id": "1" }, "count": { "index": "p" } } } """, "$.views.v.elasticsearch.delete", "no such key" },
        { """ "v": { "path": "/v", "elasticsearch": { "get": { "index": "p", "id": "1" }, "count": { "index": "p" } } } """, "$.views.v.elasticsearch", "exactly one" },
        { """ "v": { "path": "/v", "elasticsearch": { "get": { "index": "p" } } } """, "$.views.v.elasticsearch.get.id", "is required" },
        { """ "v": { "path": "/v", "elasticsearch": { "get": { "index": "p", "id": ".." } } } """, "$.views.v.elasticsearch.get.id", "cannot be" },
        { """ "v": { "path": "/v/{x}", "elasticsearch": { "get": { "index": "p", "id": "{y}" } } } """, "$.views.v.elasticsearch.get.id", "no such parameter" },
        { """ "v": { "path": "/v/{x}", "elasticsearch": { "get": { "index": "p", "id": "a-{x}" } } } """, "$.views.v.elasticsearch.get.id", "only stand for a whole value" },
        { """ "v": { "path": "/v/{x}", "elasticsearch": { "get": { "index": "{x}", "id": "1" } } } """, "$.views.v.elasticsearch.get.index", "fixed name" },
        { """ "v": { "path": "/v", "query": { "id": {} }, "elasticsearch": { "get": { "index": "p", "id": "{id}" } } } """, "$.views.v.query.id", "required or have a default" },
        { """ "v": { "path": "/v", "elasticsearch": { "search": { "index": "p" } } } """, "$.views.v.elasticsearch.search.body", "must be an object" },
        { """ "v": { "path": "/v", "elasticsearch": { "search": { "index": "p", "body": "{}" } } } """, "$.views.v.elasticsearch.search.body", "must be an object" },
        { """ "v": { "path": "/v/{x}", "elasticsearch": { "search": { "index": "p", "body": { "a": [{ "b": "{x}*" }] } } } } """, "$.views.v.elasticsearch.search.body.a[0].b", "only stand for a whole value" },
        { """ "v": { "path": "/v/{x}", "elasticsearch": { "search": { "index": "p", "body": { "{x}": 1 } } } } """, "$.views.v.elasticsearch.search.body", "only stand for a whole value" },
        { """ "v": { "path": "/v", "elasticsearch": { "search": { "index": "p", "body": { "a": "{q}" } } } } """, "$.views.v.elasticsearch.search.body.a", "no such parameter" },
        { Query("""{ "type": "int" }"""), "$.views.v.query.q.type", "one of string, integer, number, boolean" },
        { Query("""{ "type": "integer", "pattern": "a" }"""), "$.views.v.query.q.pattern", "no such key" },
        { Query("""{ "type": "integer", "minimum": "1" }"""), "$.views.v.query.q.minimum", "must be a number" },
        { Query("""{ "type": "integer", "minimum": 2, "maximum": 1 }"""), "$.views.v.query.q.minimum", "not be greater" },
        { Query("""{ "type": "integer", "maximum": 5, "default": 6 }"""), "$.views.v.query.q.default", "a value that the parameter admits" },
        { Query("""{ "type": "integer", "default": "6" }"""), "$.views.v.query.q.default", "a value that the parameter admits" },
        { Query("""{ "type": "string", "default": 6 }"""), "$.views.v.query.q.default", "a value that the parameter admits" },
        { Query("""{ "type": "string", "default": "a", "required": true }"""), "$.views.v.query.q.default", "required" },
        { Query("""{ "type": "string", "pattern": "(" }"""), "$.views.v.query.q.pattern", "cannot be used" },
        { Query("""{ "type": "string", "pattern": "a)|(b" }"""), "$.views.v.query.q.pattern", "cannot be used" },
        { Query("""{ "type": "string", "pattern": "(?=a)b" }"""), "$.views.v.query.q.pattern", "cannot be used" },
        { Query("""{ "type": "string", "enum": [] }"""), "$.views.v.query.q.enum", "at least one" },
        { Query("""{ "type": "string", "maxBytes": 0 }"""), "$.views.v.query.q.maxBytes", "between 1 and 8192" },
        { Query("[]"), "$.views.v.query.q", "must be an object" },
    };

    public static TheoryData<string> IndexNames { get; } =
        ["", "Products", "a b", "a,b", "a/b", "a\\\\b", "a*", "a?", "a#", "a:b", "<a>", "a|b", "\\\"", "-a", "_all", "+a", ".", "..", "{id}", new string('a', 256)];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_named_with_its_file_view_and_place(string views, string place, string why)
    {
        using var folder = new Folder(("views.json", ViewScene.Text(views)));

        IReadOnlyList<string> problems = await Composition.ProblemsAsync();

        Assert.All(problems, problem => Assert.StartsWith(folder.FileOf("views.json") + ": $.", problem, StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains($": {place}: ", StringComparison.Ordinal) && problem.Contains(why, StringComparison.Ordinal));
        Assert.All(problems, static problem => Assert.EndsWith(".", problem, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(IndexNames))]
    public async Task An_index_is_a_fixed_name_by_Elasticsearchs_rules(string index)
    {
        using var folder = new Folder(("views.json", ViewScene.Text($$"""  "v": { "path": "/{id}", "elasticsearch": { "get": { "index": "{{index}}", "id": "{id}" } } } """)));

        Assert.Contains("$.views.v.elasticsearch.get.index: ", await Composition.ProblemAsync(), StringComparison.Ordinal);
    }

    /// <summary>Some editors write one.</summary>
    [Fact]
    public async Task A_byte_order_mark_is_passed_over_as_in_the_other_files()
    {
        using var folder = new Folder(("views.json", "\uFEFF{ \"views\": {} }"), ("a.json", "\uFEFF{}"));

        Assert.Empty(await Composition.ProblemsAsync());
    }

    [Fact]
    public async Task All_problems_are_said_at_once()
    {
        using var folder = new Folder(("views.json", """{ "vews": {}, "views": { "a": { "path": "a" }, "b": { "path": "/b", "elasticsearch": { "get": { "index": "B" } }, "x": 1 } } }"""));

        IReadOnlyList<string> problems = await Composition.ProblemsAsync("--Inspect:Traces=many");

        Assert.Equal(7, problems.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{ "views": { "a": 1, "a": 2 } }""")]
    [InlineData("""{ "views": { "a": "\ud83d" } }""")]
    [InlineData("""{ "views": { "\ud83d": {} } }""")]
    [InlineData("""{ "views": [] }""")]
    public async Task What_is_no_object_of_views_is_one_sentence(string text)
    {
        using var folder = new Folder(("views.json", text));

        Assert.StartsWith(folder.FileOf("views.json") + ": ", await Composition.ProblemAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "$schema": "./views.schema.json", "views": {} }""")]
    [InlineData("""{ "views": { /* why */ "v": { "path": "/v/", "query": null, "elasticsearch": { "get": { "index": ".p-1", "id": "a b" } }, }, }, }""")]
    public async Task Comments_commas_at_the_end_and_nothing_at_all_are_allowed(string text)
    {
        using var folder = new Folder(("views.json", text));

        Assert.Empty(await Composition.ProblemsAsync());
    }

    /// <summary>2,000 files that are a good one with some bytes changed: each is read or refused, and none is an exception.</summary>
    [Fact]
    public void Whatever_the_file_holds_it_is_read_or_refused_in_words()
    {
        int seed = Random.Shared.Next();
        var chance = new Random(seed);
        byte[] good = Encoding.UTF8.GetBytes(ViewScene.Text("""
            "product": { "path": "/products/{id}", "methods": ["GET"], "parameters": { "id": { "type": "string", "pattern": "[a-z]+" } },
              "query": { "q": { "type": "string", "enum": ["a"], "default": "a" }, "n": { "type": "number", "minimum": 1e3, "maximum": 2e3 } },
              "elasticsearch": { "search": { "index": "products", "body": { "q": "{q}", "n": ["{n}", {}, null, 1.0, "\ud83d\ude00"], "id": "{id}" } } }, "answer": "hits" }
            """));
        var file = new ViewFile(null, []);

        for (int i = 0; i < 2_000; i++)
        {
            byte[] changed = [.. good];
            for (int change = chance.Next(1, 4); change > 0; change--)
            {
                changed[chance.Next(changed.Length)] = chance.Next(2) == 0 ? (byte)chance.Next(256) : good[chance.Next(good.Length)];
            }

            try
            {
                IReadOnlyList<ViewTemplate> views = file.Parse(new FilesFound([("views.json", changed)]), out IReadOnlyList<string> problems);
                Assert.True(problems.Count == 0 || views.Count == 0, "views of a file that is refused");
                _ = new ViewTable(views, null!).Find("GET", "/products/abc?q=a", out _);
            }
            catch (Exception escaped) when (escaped is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}: {Encoding.UTF8.GetString(changed)}: {escaped}");
            }
        }
    }

    private static string Query(string declared) =>
        $$"""  "v": { "path": "/v", "query": { "q": {{declared}} }, "elasticsearch": { "search": { "index": "p", "body": { "q": "{q}" } } } } """;
}

using System.Text.Json;
using Gateway.Configuration;
using Gateway.Tests.Configuration;
using Gateway.Views;
using NJsonSchema;

namespace Gateway.Tests.Views;

/// <summary>The schema of views.json says what the reader does, and every views.json that is shipped agrees with it.</summary>
public sealed class ViewsSchemaTests
{
    private static readonly string _path = Path.Combine(Repository.Root, "config", "views.schema.json");
    private static readonly JsonElement _schema = JsonDocument.Parse(File.ReadAllText(_path)).RootElement;

    public static TheoryData<string> ShippedFiles { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Root, "views.json", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Repository.Root, file))
            .Where(static file => file.StartsWith("config", StringComparison.Ordinal) || file.StartsWith("deploy", StringComparison.Ordinal)),
    ];

    /// <summary>Where a key that nobody knows is put, and the part of the schema that has the keys which are known there.</summary>
    public static TheoryData<string, string> Places { get; } = new()
    {
        { """{ "x-": 1 }""", "" },
        { """{ "views": { "v": { "x-": 1 } } }""", "view" },
        { """{ "views": { "v": { "path": "/{p}", "parameters": { "p": { "type": "string", "x-": 1 } } } } }""", "pathParameter-minimum-maximum" },
        { """{ "views": { "v": { "path": "/{p}", "parameters": { "p": { "type": "number", "x-": 1 } } } } }""", "pathParameter-pattern-enum" },
        { """{ "views": { "v": { "query": { "p": { "type": "string", "x-": 1 } } } } }""", "queryParameter-minimum-maximum" },
        { """{ "views": { "v": { "query": { "p": { "type": "integer", "x-": 1 } } } } }""", "queryParameter-pattern-enum" },
        { """{ "views": { "v": { "query": { "p": { "type": "boolean", "x-": 1 } } } } }""", "queryParameter-pattern-enum-minimum-maximum" },
        { """{ "views": { "v": { "elasticsearch": { "x-": 1 } } } }""", "elasticsearch" },
        { """{ "views": { "v": { "elasticsearch": { "get": { "x-": 1 } } } } }""", "document" },
        { """{ "views": { "v": { "elasticsearch": { "source": { "x-": 1 } } } } }""", "document" },
        { """{ "views": { "v": { "elasticsearch": { "search": { "x-": 1 } } } } }""", "search" },
        { """{ "views": { "v": { "elasticsearch": { "searchTemplate": { "x-": 1 } } } } }""", "searchTemplate" },
        { """{ "views": { "v": { "elasticsearch": { "count": { "x-": 1 } } } } }""", "count" },
    };

    [Theory]
    [MemberData(nameof(ShippedFiles))]
    public async Task A_file_that_is_shipped_agrees_with_the_schema_and_is_read(string file)
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(_path);
        string path = Path.Combine(Repository.Root, file);

        Assert.Empty(schema.Validate(await File.ReadAllTextAsync(path)));

        var views = new ViewFile(Path.GetDirectoryName(path), []);
        views.Parse(views.Read(), out IReadOnlyList<string> problems);
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Each_key_that_the_reader_knows_stands_in_the_schema_and_the_other_way_round(string text, string part)
    {
        new ViewFile(null, []).Parse(new FilesFound([("views.json", System.Text.Encoding.UTF8.GetBytes(text))]), out IReadOnlyList<string> problems);

        string sentence = Assert.Single(problems, static problem => problem.Contains(".x-: there is no such key; ", StringComparison.Ordinal));
        string[] known = sentence[(sentence.LastIndexOf(" has ", StringComparison.Ordinal) + 5)..^1].Split(", ");
        string[] words = part.Split('-');
        JsonElement place = part.Length == 0 ? _schema : _schema.GetProperty("definitions").GetProperty(words[0]);
        Assert.Equal(
            place.GetProperty("properties").EnumerateObject().Select(static key => key.Name).Except(words[1..]).Order(StringComparer.Ordinal),
            known.Order(StringComparer.Ordinal));
        Assert.False(place.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public void Every_key_is_described()
    {
        JsonElement definitions = _schema.GetProperty("definitions");
        foreach (JsonProperty key in definitions.EnumerateObject().Append(default).SelectMany(definition => Properties(definition.Value.ValueKind == JsonValueKind.Undefined ? _schema : definition.Value)))
        {
            JsonElement described = key.Value.TryGetProperty("description", out _) || !key.Value.TryGetProperty("$ref", out JsonElement reference)
                ? key.Value
                : definitions.GetProperty(reference.GetString()!.Split('/')[^1]);
            Assert.NotEqual("", described.GetProperty("description").GetString());
        }
    }

    /// <summary>What the reader refuses for a reason that a schema can express, the editor shows too.</summary>
    [Theory]
    [InlineData("""{ "path": "v", "elasticsearch": { "count": { "index": "p" } } }""")]
    [InlineData("""{ "path": "/v" }""")]
    [InlineData("""{ "path": "/v", "methods": ["POST"], "elasticsearch": { "count": { "index": "p" } } }""")]
    [InlineData("""{ "path": "/v", "elasticsearch": {} }""")]
    [InlineData("""{ "path": "/v", "elasticsearch": { "count": { "index": "P" } } }""")]
    [InlineData("""{ "path": "/v", "elasticsearch": { "count": { "index": "_all" } } }""")]
    [InlineData("""{ "path": "/v", "elasticsearch": { "count": { "index": "{x}" } } }""")]
    [InlineData("""{ "path": "/v", "elasticsearch": { "count": { "index": "p" }, "get": { "index": "p", "id": "1" } } }""")]
    [InlineData("""{ "path": "/v", "answer": "all", "elasticsearch": { "count": { "index": "p" } } }""")]
    [InlineData("""{ "path": "/v", "query": { "q": { "type": "int" } }, "elasticsearch": { "count": { "index": "p" } } }""")]
    [InlineData("""{ "path": "/v", "singleFlight": "yes", "elasticsearch": { "count": { "index": "p" } } }""")]
    public async Task A_wrong_view_does_not_pass(string view)
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(_path);

        Assert.NotEmpty(schema.Validate($$"""{ "views": { "v": {{view}} } }"""));
    }

    private static IEnumerable<JsonProperty> Properties(JsonElement definition) =>
        definition.TryGetProperty("properties", out JsonElement properties) ? properties.EnumerateObject() : [];
}

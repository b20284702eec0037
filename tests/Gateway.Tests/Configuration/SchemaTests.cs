using System.Text.Json;
using NJsonSchema;
using NJsonSchema.Validation;

namespace Gateway.Tests.Configuration;

/// <summary>The schema knows each setting, and every file that is shipped agrees with it.</summary>
public sealed class SchemaTests
{
    private static readonly JsonDocument _schema = JsonDocument.Parse(File.ReadAllText(Repository.Schema));

    /// <summary>Sections of ours; the frameworks' own are only named.</summary>
    private static readonly string[] _sections = ["Admin", "Tls", "Guard", "Legacy", "Elasticsearch", "Tracing", "Draining", "Inspect"];

    public static TheoryData<string> ShippedFiles { get; } =
    [
        "appsettings.json",
        .. Directory.EnumerateFiles(Path.GetDirectoryName(Repository.Schema)!, "*.json")
            .Where(static file => !file.EndsWith(".schema.json", StringComparison.Ordinal))
            .Select(static file => Path.GetRelativePath(Repository.Root, file)),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy"), "gateway.json", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Repository.Root, file)),
    ];

    [Theory]
    [MemberData(nameof(ShippedFiles))]
    public async Task A_file_that_is_shipped_agrees_with_the_schema(string file)
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(Repository.Schema);

        ICollection<ValidationError> errors = schema.Validate(await File.ReadAllTextAsync(Path.Combine(Repository.Root, file)));

        Assert.True(errors.Count == 0, string.Join(Environment.NewLine, errors));
    }

    [Fact]
    public void Each_setting_that_is_shipped_stands_in_the_schema_and_the_other_way_round()
    {
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Repository.Settings));

        Assert.Equal(
            settings.RootElement.EnumerateObject().Select(static section => section.Name).Append("$schema").Order(StringComparer.Ordinal),
            Properties(_schema.RootElement).Select(static section => section.Name).Order(StringComparer.Ordinal));
        foreach (string section in _sections)
        {
            Assert.Equal(
                settings.RootElement.GetProperty(section).EnumerateObject().Select(static key => key.Name),
                Properties(SectionOf(section)).Select(static key => key.Name));
        }
    }

    [Fact]
    public void The_defaults_in_the_schema_are_the_ones_that_are_shipped()
    {
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Repository.Settings));

        foreach (string section in _sections)
        {
            foreach (JsonProperty key in Properties(SectionOf(section)))
            {
                JsonElement shipped = settings.RootElement.GetProperty(section).GetProperty(key.Name);
                Assert.True(JsonElement.DeepEquals(shipped, key.Value.GetProperty("default")), $"{section}:{key.Name}");
            }
        }

        Assert.True(JsonElement.DeepEquals(settings.RootElement.GetProperty("Views"), SectionOf("Views").GetProperty("default")));
        Assert.Equal("*", settings.RootElement.GetProperty("AllowedHosts").GetString());
    }

    [Fact]
    public void Everything_is_described_and_nothing_unknown_is_let_through()
    {
        Assert.False(_schema.RootElement.GetProperty("additionalProperties").GetBoolean());
        foreach (string section in _sections)
        {
            Assert.False(SectionOf(section).GetProperty("additionalProperties").GetBoolean());
        }

        JsonElement view = _schema.RootElement.GetProperty("definitions").GetProperty("view");
        Assert.False(view.GetProperty("additionalProperties").GetBoolean());
        JsonProperty[] all =
        [
            .. Properties(_schema.RootElement),
            .. Properties(view),
            .. _sections.SelectMany(static section => Properties(SectionOf(section))),
        ];
        Assert.All(all, static key => Assert.NotEqual("", key.Value.GetProperty("description").GetString()));
    }

    [Theory]
    [InlineData("""{"Legacy":{"Address":"http://app:8000/","TotalTimeout":null,"IdleTimeout":"1.00:00:00"}}""")]
    [InlineData("""{"Elasticsearch":{"Nodes":["https://es01:9200","http://10.0.0.1:9200/es/"],"MaxWaiting":0}}""")]
    [InlineData("""{"Views":{"health":{"Path":"/health/","Elasticsearch":"GET /_cluster/health?level=shards","JsonStyle":"django"}}}""")]
    [InlineData("""{"Tracing":{"TrustedCallers":["10.0.0.0/8","fd00::/8","127.0.0.1"]},"Kestrel":{"Limits":{"MaxConcurrentConnections":100}}}""")]
    [InlineData("""{"Admin":{"Url":"http://*:8081"},"AllowedHosts":"a;b","ReverseProxy":{"Routes":{}},"Logging":{"LogLevel":{"Default":"Debug"}}}""")]
    public async Task A_good_file_passes(string text)
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(Repository.Schema);

        Assert.Empty(schema.Validate(text));
    }

    [Theory]
    [InlineData("""{"Legcay":{}}""")]
    [InlineData("""{"Legacy":{"Adress":"http://app:8000"}}""")]
    [InlineData("""{"Legacy":{"Address":"app:8000"}}""")]
    [InlineData("""{"Legacy":{"Host":"server"}}""")]
    [InlineData("""{"Legacy":{"IdleTimeout":30}}""")]
    [InlineData("""{"Legacy":{"IdleTimeout":"30"}}""")]
    [InlineData("""{"Legacy":{"IdleTimeout":"30s"}}""")]
    [InlineData("""{"Legacy":{"IdleTimeout":"00:00:99"}}""")]
    [InlineData("""{"Legacy":{"ReuseConnections":"yes"}}""")]
    [InlineData("""{"Legacy":"http://app:8000"}""")]
    [InlineData("""{"Elasticsearch":{"Nodes":"http://es01:9200"}}""")]
    [InlineData("""{"Elasticsearch":{"Nodes":["http://user:secret@es01:9200"]}}""")]
    [InlineData("""{"Elasticsearch":{"CertificateFingerprint":"abc"}}""")]
    [InlineData("""{"Elasticsearch":{"MaxAnswerBytes":1}}""")]
    [InlineData("""{"Elasticsearch":{"MaxWaiting":1.5}}""")]
    [InlineData("""{"Elasticsearch":{"MaxRetries":101}}""")]
    [InlineData("""{"Elasticsearch":{"Sniffing":"on"}}""")]
    [InlineData("""{"Views":{"info":{"Route":"/"}}}""")]
    [InlineData("""{"Views":{"info":{"Path":"no-slash"}}}""")]
    [InlineData("""{"Views":{"info":{"Elasticsearch":"POST /_search"}}}""")]
    [InlineData("""{"Tracing":{"TrustedCallers":["everybody"]}}""")]
    [InlineData("""{"Inspect":{"Traces":-1}}""")]
    [InlineData("""{"ReverseProxy":{"Clusters":{"c":{"Loopgate":{"ConectTimeout":"00:00:01"}}}}}""")]
    [InlineData("""{"ReverseProxy":{"Clusters":{"c":{"Loopgate":{"IdleTimeout":30}}}}}""")]
    public async Task A_wrong_file_does_not_pass(string text)
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(Repository.Schema);

        Assert.NotEmpty(schema.Validate(text));
    }

    private static JsonElement SectionOf(string name) => _schema.RootElement.GetProperty("properties").GetProperty(name);

    private static IEnumerable<JsonProperty> Properties(JsonElement schema) => schema.GetProperty("properties").EnumerateObject();
}

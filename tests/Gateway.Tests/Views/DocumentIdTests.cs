using System.Text;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Views;

/// <summary>Whatever stands in the place of a document's id, what is asked for is a document of the view's index, or nothing.</summary>
public sealed class DocumentIdTests
{
    private const string View = """
        "product": { "path": "/products/{id}", "elasticsearch": { "get": { "index": "products", "id": "{id}" } } }
        """;

    private const string AskedByQuery = """
        "product": {
          "path": "/product", "query": { "id": { "type": "string", "required": true, "maxBytes": 4096 } },
          "elasticsearch": { "get": { "index": "products", "id": "{id}" } }
        }
        """;

    /// <summary>An id as a client sends it, and what reaches Elasticsearch.</summary>
    public static TheoryData<string, string> Asked { get; } = new()
    {
        { "1", "1" },
        { "a%20b", "a%20b" },
        { "a+b", "a%2Bb" },
        { "%22quoted%22", "%22quoted%22" },
        { "it's", "it%27s" },
        { "%3Cscript%3E", "%3Cscript%3E" },
        { "%F0%9F%98%80", "%F0%9F%98%80" },
        { "%f0%9f%98%80", "%F0%9F%98%80" },
        { "a?b", "a" },
        { "a%3Fb=c", "a%3Fb%3Dc" },
        { "a%23b", "a%23b" },
        { "a;b=c", "a%3Bb%3Dc" },
        { "a,b", "a%2Cb" },
        { "*", "%2A" },
        { "a%5Cb", "a%5Cb" },
        { "..%5Cx", "..%5Cx" },
        { "...", "..." },
        { "..x", "..x" },
        { "%252e%252e", "%252e%252e" },
        { "%252F", "%252F" },
        { "%zz", "%25zz" },
        { "%", "%25" },
        { "_Foo", "_Foo" },
        { "_1search", "_1search" },
        { "-x", "-x" },
        { "http:", "http%3A" },
        { "@evil.example", "%40evil.example" },
        { new string('x', 512), new string('x', 512) },
        { "%E2%82%AC".PadLeft(509 + 9, 'x'), "%E2%82%AC".PadLeft(509 + 9, 'x') },
    };

    public static TheoryData<string> Refused { get; } =
    [
        ".", "..", "%2e", "%2E%2e", ".%2e", "_search", "_source", "_count", "_mget", "_mapping", "_", "%5Fsearch", "%01x", "%0d%0aX:y", "%7f", "%C2%85",
        "%ff", "%C0%AE%C0%AE", "%ED%A0%80", "%F0%9F", new string('x', 513), "%E2%82%AC".PadLeft(510 + 9, 'x'),
    ];

    /// <summary>No value of the parameter, as with Flask's default converter, or another path.</summary>
    public static TheoryData<string> Another { get; } =
        ["", "a/b", "a%2Fb", "a%2fb", "../_cluster/settings", "..%2F_cluster%2Fsettings", "%2e%2e%2f_search", "%2F", "/", "a/", "./a", "a/..", "a#b"];

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task An_id_is_one_segment_of_the_target(string sent, string asked)
    {
        await using ViewScene scene = await ViewScene.StartAsync(View);

        RawAnswer answer = await scene.GetAsync($"/products/{sent}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(("GET", $"/products/_doc/{asked}"), (Assert.Single(scene.Node.Requests).Method, scene.Node.Requests[0].Target));
        Assert.Empty(scene.App.Requests);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_an_id_is_refused_by_name_and_never_repeated(string sent)
    {
        await using ViewScene scene = await ViewScene.StartAsync(View);

        RawAnswer answer = await scene.GetAsync($"/products/{sent}");

        Assert.Equal(400, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        string detail = JsonDocument.Parse(answer.Body).RootElement.GetProperty("detail").GetString()!;
        Assert.Equal("The parameter id is missing or has a value that is not admitted.", detail);
        Assert.Empty(scene.Node.Requests);
        Assert.Empty(scene.App.Requests);
        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal("parameter_invalid", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("/products/{id}", TraceOfOne.Attribute(trace.Server, "http.route"));
    }

    [Theory]
    [MemberData(nameof(Another))]
    public async Task What_is_another_path_for_Flask_goes_to_the_app_as_it_came(string sent)
    {
        await using ViewScene scene = await ViewScene.StartAsync(View);

        RawAnswer answer = await scene.GetAsync($"/products/{sent}");

        Assert.Equal("app", answer.Body);
        Assert.Equal($"/products/{sent}", Assert.Single(scene.App.Requests).Target);
        Assert.Empty(scene.Node.Requests);
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("../_cluster/settings", "..%2F_cluster%2Fsettings")]
    [InlineData("a%2Fb", "a%2Fb")]
    [InlineData("a+b", "a%20b")]
    public async Task An_id_from_the_query_may_have_slashes_and_stays_one_segment(string sent, string asked)
    {
        await using ViewScene scene = await ViewScene.StartAsync(AskedByQuery);

        Assert.Equal(200, (await scene.GetAsync($"/product?id={sent}")).Status);

        Assert.Equal($"/products/_doc/{asked}", Assert.Single(scene.Node.Requests).Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("_search")]
    [InlineData("%00")]
    public async Task An_id_from_the_query_is_held_to_the_same(string sent)
    {
        await using ViewScene scene = await ViewScene.StartAsync(AskedByQuery);

        Assert.Equal(400, (await scene.GetAsync($"/product?id={sent}")).Status);

        Assert.Empty(scene.Node.Requests);
    }

    /// <summary>1,000 ids on one connection, each made of what is dangerous: the target that arrives is the template's, and its last segment is the id.</summary>
    [Theory]
    [InlineData("get", "_doc", "")]
    [InlineData("source", "_source", "")]
    [InlineData("get", "_doc", "?x=1")]
    public async Task Whatever_the_id_the_target_is_the_templates(string call, string endpoint, string query)
    {
        int seed = Random.Shared.Next();
        var chance = new Random(seed);
        await using ViewScene scene = await ViewScene.StartAsync(View.Replace("\"get\"", $"\"{call}\"", StringComparison.Ordinal));
        using RawClient client = await RawClient.ConnectAsync(scene.Gateway.Address);

        for (int i = 0; i < 1_000; i++)
        {
            string sent = Segment(chance);
            int before = scene.Node.Requests.Count;
            await client.SendAsync($"GET /products/{sent}{query} HTTP/1.1\r\nHost: h\r\n\r\n");
            RawAnswer answer = await client.ReadAnswerAsync();

            string[] targets = [.. scene.Node.Requests.Skip(before).Select(static request => request.Target)];
            Assert.True(answer.Status is 200 or 400, $"seed {seed}: '{sent}' was answered {answer.Status}");
            if (targets.Length == 0)
            {
                continue;
            }

            string[] parts = Assert.Single(targets).Split('/');
            Assert.True(parts is ["", "products", var between, { Length: > 0 }] && between == endpoint, $"seed {seed}: '{sent}' became {targets[0]}");
            Assert.Equal(Encoding.UTF8.GetString(Unescape(sent)), Uri.UnescapeDataString(parts[3]));
            Assert.DoesNotMatch("^(?:\\.{1,2}|_[a-z_]*)$", Uri.UnescapeDataString(parts[3]));
            Assert.DoesNotContain(parts[3], static character => "?#\\;,+&= \"'<>".Contains(character, StringComparison.Ordinal));
        }
    }

    private static string Segment(Random chance)
    {
        string[] pieces =
        [
            "..", ".", "%2e", "%2E", "%252e", "%2F", "%5c", "_search", "_doc", "%5F", "%", "%%", "%zz", "%0a", "%0D", "%ff", "%C0%AF", "%ED%A0%80", "%F0%9F%98%80",
            "%E2%80%AE", "'", "%22", ";", "@", ":", "*", ",", "+", "%20", "%3F", "%23", "%26", "=", "a", "Z", "9", "~", "-", "%7F", "http:",
        ];
        var text = new StringBuilder();
        do
        {
            text.Append(chance.Next(8) == 0 ? $"%{chance.Next(1, 256):x2}" : pieces[chance.Next(pieces.Length)]);
        }
        while (chance.Next(4) != 0);
        // A slash would make it another path; those are told apart in a test of their own.
        return text.ToString().Replace("%2f", "%2e", StringComparison.OrdinalIgnoreCase).Replace("%00", "%01", StringComparison.Ordinal);
    }

    private static byte[] Unescape(string sent)
    {
        List<byte> bytes = [];
        for (int i = 0; i < sent.Length; i++)
        {
            if (sent[i] == '%' && i + 2 < sent.Length && char.IsAsciiHexDigit(sent[i + 1]) && char.IsAsciiHexDigit(sent[i + 2]))
            {
                bytes.Add(Convert.ToByte(sent.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.Add((byte)sent[i]);
            }
        }

        return [.. bytes];
    }
}

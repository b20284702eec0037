using System.Text;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Views;

/// <summary>Which values a parameter admits, what they become in JSON, and which requests are the app's.</summary>
public sealed class ViewParameterTests
{
    private const string Refused = "400";

    [Theory]
    [InlineData("""{ "type": "integer", "minimum": 1, "maximum": 100 }""", "v=7", "7")]
    [InlineData("""{ "type": "integer", "minimum": 1, "maximum": 100 }""", "v=007", "7")]
    [InlineData("""{ "type": "integer", "minimum": 1, "maximum": 100 }""", "v=0", Refused)]
    [InlineData("""{ "type": "integer", "minimum": 1, "maximum": 100 }""", "v=101", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=-7", "-7")]
    [InlineData("""{ "type": "integer" }""", "v=%2B7", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=+7", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=7.0", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=1e2", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=", null)]
    [InlineData("""{ "type": "integer" }""", "v", null)]
    [InlineData("""{ "type": "integer", "default": 3 }""", "v=", "3")]
    [InlineData("""{ "type": "integer", "default": 3 }""", "v=&v=4", "3")]
    [InlineData("""{ "type": "integer", "required": true }""", "v=", Refused)]
    [InlineData("""{ "type": "number" }""", "v=", null)]
    [InlineData("""{ "type": "number" }""", "v=+", Refused)]
    [InlineData("""{ "type": "boolean", "default": false }""", "v=", "false")]
    [InlineData("""{ "type": "integer" }""", "v=%D9%A7", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=9223372036854775807", "9223372036854775807")]
    [InlineData("""{ "type": "integer" }""", "v=9223372036854775808", Refused)]
    [InlineData("""{ "type": "integer", "maximum": 9007199254740992 }""", "v=9007199254740993", Refused)]
    [InlineData("""{ "type": "integer" }""", "v=7%00", Refused)]
    [InlineData("""{ "type": "number", "maximum": 9007199254740992 }""", "v=9007199254740993", Refused)]
    [InlineData("""{ "type": "number", "maximum": 9007199254740992 }""", "v=9007199254740992.5", Refused)]
    [InlineData("""{ "type": "number", "maximum": 9007199254740992 }""", "v=9007199254740992.0", "9007199254740992.0")]
    [InlineData("""{ "type": "number", "maximum": 5 }""", "v=1e99", Refused)]
    [InlineData("""{ "type": "number", "minimum": -5 }""", "v=-1e99", Refused)]
    [InlineData("""{ "type": "number", "minimum": 5 }""", "v=1e99", "1e99")]
    [InlineData("""{ "type": "number" }""", "v=1.0", "1.0")]
    [InlineData("""{ "type": "number" }""", "v=1e21", "1e21")]
    [InlineData("""{ "type": "number" }""", "v=-0.0", "-0.0")]
    [InlineData("""{ "type": "number" }""", "v=1e400", Refused)]
    [InlineData("""{ "type": "number" }""", "v=NaN", Refused)]
    [InlineData("""{ "type": "number" }""", "v=Infinity", Refused)]
    [InlineData("""{ "type": "number" }""", "v=1,5", Refused)]
    [InlineData("""{ "type": "number" }""", "v=.5", Refused)]
    [InlineData("""{ "type": "number" }""", "v=1%0A", Refused)]
    [InlineData("""{ "type": "number", "minimum": 0.5, "maximum": 1.5 }""", "v=1.50001", Refused)]
    [InlineData("""{ "type": "number", "minimum": 0.5, "maximum": 1.5 }""", "v=0.5", "0.5")]
    [InlineData("""{ "type": "boolean" }""", "v=true", "true")]
    [InlineData("""{ "type": "boolean" }""", "v=True", Refused)]
    [InlineData("""{ "type": "boolean" }""", "v=1", Refused)]
    [InlineData("""{ "type": "string", "enum": ["name", "price"] }""", "v=price", "\"price\"")]
    [InlineData("""{ "type": "string", "enum": ["name", "price"] }""", "v=Price", Refused)]
    [InlineData("""{ "type": "string", "pattern": "[a-z]+|x1" }""", "v=x1", "\"x1\"")]
    [InlineData("""{ "type": "string", "pattern": "[a-z]+|x1" }""", "v=x2", Refused)]
    [InlineData("""{ "type": "string", "pattern": "[a-z]+" }""", "v=a%0A", Refused)]
    [InlineData("""{ "type": "string", "maxBytes": 4 }""", "v=%F0%9F%98%80", "\"\\uD83D\\uDE00\"")]
    [InlineData("""{ "type": "string", "maxBytes": 4 }""", "v=%F0%9F%98%80x", Refused)]
    [InlineData("""{ "type": "string" }""", "v=%ff", Refused)]
    [InlineData("""{ "type": "string" }""", "v=%ED%A0%80", Refused)]
    [InlineData("""{ "type": "string" }""", "v=a+b%20c%2Bd", "\"a b c+d\"")]
    [InlineData("""{ "type": "string" }""", "v=a=b", "\"a=b\"")]
    [InlineData("""{ "type": "string" }""", "v=a;v=b", "\"a;v=b\"")]
    [InlineData("""{ "type": "string" }""", "v=%zz%", "\"%zz%\"")]
    [InlineData("""{ "type": "string" }""", "v=first&v=second", "\"first\"")]
    [InlineData("""{ "type": "string" }""", "%76=x", "\"x\"")]
    [InlineData("""{ "type": "string" }""", "&&x=1&v=a&", "\"a\"")]
    [InlineData("""{ "type": "string" }""", "V=a", null)]
    [InlineData("""{ "type": "string" }""", "", null)]
    [InlineData("""{ "type": "string", "default": "d" }""", "", "\"d\"")]
    [InlineData("""{ "type": "string", "default": "d" }""", "v=", "\"\"")]
    [InlineData("""{ "type": "integer", "default": 3 }""", "x=%ff", "3")]
    [InlineData("""{ "type": "string", "required": true }""", "", Refused)]
    [InlineData("""{ "type": "string", "required": true }""", "V=a", Refused)]
    [InlineData("""{ }""", "v=a", "\"a\"")]
    public async Task A_querys_parameter_is_a_value_of_its_type_or_a_400(string declared, string query, string? json)
    {
        await using ViewScene scene = await ViewScene.StartAsync(
            $$"""  "v": { "path": "/v", "query": { "v": {{declared}} }, "elasticsearch": { "search": { "index": "p", "body": { "v": "{v}", "w": [1, "{v}"] } } } } """);

        RawAnswer answer = await scene.GetAsync($"/v?{query}");

        if (json == Refused)
        {
            Assert.Equal(400, answer.Status);
            Assert.Contains("\"The parameter v is missing or has a value that is not admitted.\"", answer.Body, StringComparison.Ordinal);
            Assert.Empty(scene.Node.Requests);
            return;
        }

        Assert.Equal(200, answer.Status);
        string body = Encoding.UTF8.GetString(Assert.Single(scene.Node.Requests).Body);
        Assert.Equal(json is null ? """{"w":[1]}""" : $$"""{"v":{{json}},"w":[1,{{json}}]}""", body);
    }

    [Theory]
    [InlineData("""{ "type": "integer" }""", "7", "7")]
    [InlineData("""{ "type": "integer" }""", "new", null)]
    [InlineData("""{ "type": "integer" }""", "-7", null)]
    [InlineData("""{ "type": "integer" }""", "-0", null)]
    [InlineData("""{ "type": "integer", "minimum": -10 }""", "-7", "-7")]
    [InlineData("""{ "type": "integer", "maximum": -1 }""", "-7", "-7")]
    [InlineData("""{ "type": "integer", "minimum": 0 }""", "-7", null)]
    [InlineData("""{ "type": "string", "enum": ["red", "blue"] }""", "blue", "\"blue\"")]
    [InlineData("""{ "type": "string", "enum": ["red", "blue"] }""", "green", null)]
    [InlineData("""{ "type": "string", "pattern": "[a-z]{3}-[0-9]+" }""", "abc-12", "\"abc-12\"")]
    [InlineData("""{ "type": "string", "pattern": "[a-z]{3}-[0-9]+" }""", "new", null)]
    [InlineData("""{ "type": "string" }""", "..", "\"..\"")]
    public async Task A_value_that_the_paths_parameter_does_not_admit_makes_it_the_apps_path_as_with_Flasks_converters(string declared, string sent, string? json)
    {
        await using ViewScene scene = await ViewScene.StartAsync(
            $$"""  "v": { "path": "/v/{v}/", "parameters": { "v": {{declared}} }, "elasticsearch": { "search": { "index": "p", "body": { "v": "{v}" } } } } """);

        RawAnswer answer = await scene.GetAsync($"/v/{sent}/");

        if (json is null)
        {
            Assert.Equal("app", answer.Body);
            Assert.Empty(scene.Node.Requests);
            return;
        }

        Assert.Equal($$"""{"v":{{json}}}""", Encoding.UTF8.GetString(Assert.Single(scene.Node.Requests).Body));
    }

    [Theory]
    [InlineData("GET", "/Products/1")]
    [InlineData("GET", "/products")]
    [InlineData("GET", "/products/1/")]
    [InlineData("GET", "//products/1")]
    [InlineData("GET", "/products//1")]
    [InlineData("GET", "/./products/1")]
    [InlineData("GET", "/x/../products/1")]
    [InlineData("GET", "/pr%6Fducts/1")]
    [InlineData("GET", "/products%2F1")]
    [InlineData("POST", "/products/1")]
    [InlineData("OPTIONS", "/products/1")]
    [InlineData("DELETE", "/products/1")]
    [InlineData("HEAD", "/only-get/1")]
    public async Task What_differs_in_the_least_goes_to_the_app(string method, string target)
    {
        await using ViewScene scene = await ViewScene.StartAsync("""
            "product": { "path": "/products/{id}", "elasticsearch": { "get": { "index": "products", "id": "{id}" } } },
            "get": { "path": "/only-get/{id}", "methods": ["GET"], "elasticsearch": { "get": { "index": "products", "id": "{id}" } } }
            """);

        Assert.Equal(200, (await scene.GetAsync(target, method)).Status);

        Assert.Equal((method, target), (Assert.Single(scene.App.Requests).Method, scene.App.Requests[0].Target));
        Assert.Empty(scene.Node.Requests);
    }

    [Theory]
    [InlineData("/a/b", "fixed")]
    [InlineData("/a/c", "a-any")]
    [InlineData("/c/b", "any-b")]
    [InlineData("/a/b?x=/y/z", "fixed")]
    [InlineData("http://h/a/b", "fixed")]
    [InlineData("http://h/a/b?x", "fixed")]
    [InlineData("/", "info")]
    public async Task A_fixed_segment_comes_before_a_parameter_and_the_shipped_view_stays(string target, string index)
    {
        await using ViewScene scene = await ViewScene.StartAsync("""
            "any-b": { "path": "/{x}/b", "elasticsearch": { "count": { "index": "any-b" } } },
            "a-any": { "path": "/a/{x}", "elasticsearch": { "count": { "index": "a-any" } } },
            "fixed": { "path": "/a/b", "elasticsearch": { "count": { "index": "fixed" } } }
            """);

        Assert.Equal(200, (await scene.GetAsync(target)).Status);

        Assert.Equal(index == "info" ? "/" : $"/{index}/_count", Assert.Single(scene.Node.Requests).Target);
    }

    [Fact]
    public async Task A_HEAD_has_the_length_of_the_body_and_no_body()
    {
        await using ViewScene scene = await ViewScene.StartAsync(""" "v": { "path": "/v", "elasticsearch": { "get": { "index": "p", "id": "1" } }, "answer": "source" } """);

        RawAnswer whole = await scene.GetAsync("/v");
        RawAnswer head = await scene.GetAsync("/v", "HEAD");

        Assert.Equal((200, whole.Field("Content-Length"), ""), (head.Status, head.Field("Content-Length"), head.Body));
    }

    [Fact]
    public async Task The_admin_port_has_no_views()
    {
        await using ViewScene scene = await ViewScene.StartAsync(""" "v": { "path": "/{x}", "elasticsearch": { "count": { "index": "p" } } } """);

        Assert.Equal(404, (await RawClient.ExchangeAsync(scene.Gateway.Admin, "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n")).Status);
        Assert.StartsWith("ready", (await RawClient.ExchangeAsync(scene.Gateway.Admin, "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n")).Body, StringComparison.Ordinal);

        Assert.Empty(scene.Node.Requests);
    }
}

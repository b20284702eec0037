using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Documents that are hard to pass on unchanged, in an index of a real Elasticsearch.</summary>
public static class Products
{
    /// <summary>By id. The member <c>odd</c> is stored as it is and not looked into.</summary>
    public static IReadOnlyList<(string Id, string Json)> All { get; } =
    [
        ("1", """{"name":"cup \ud83d\ude00 😀 grün","price":9.50,"color":"red","odd":{"b":1.0,"a":1e21,"c":-0.0,"d":9007199254740993,"e":1e16,"f":0.1,"g":-0,"h":123456789012345678901234567890}}"""),
        ("2", """{"name":"cup \"quoted\" \\ back","price":3,"color":"red","odd":{"z":null,"y":{},"x":[],"w":[{},[],null,true,false],"nested":{"b":{"d":1,"c":[{"b":2,"a":1}]}}}}"""),
        ("3", """{"name":"cup </script><b>&amp;'","price":12,"color":"blue","odd":{"\u00e9":"\u2028\u2029\u007f\u0000\u001f\n\t","è":1,"":2,"\ud83d\ude00":3,"\uffff":4}}"""),
        ("a b", """{"name":"space","price":1}"""),
        ("a+b", """{"name":"plus","price":1}"""),
        ("\"q\"'", """{"name":"quotes","price":1}"""),
        ("é😀", """{"name":"emoji","price":1}"""),
        ("%2e%2e", """{"name":"escaped dots","price":1}"""),
        ("...", """{"name":"three dots","price":1}"""),
        ("*", """{"name":"star","price":1}"""),
        ("a,b;c=d?e&f", """{"name":"delimiters","price":1}"""),
        ("<x>", """{"name":"brackets","price":1}"""),
        ("a\\b", """{"name":"backslash","price":1}"""),
        ("_Foo", """{"name":"underscore","price":1}"""),
        (new string('x', 512), """{"name":"long","price":1}"""),
    ];

    /// <summary>Makes the index anew; where the server has stored search templates, one of them too.</summary>
    public static async Task StoreAsync(ElasticsearchServer server, bool withTemplate)
    {
        using HttpClient client = Loopback.Client(server.Address);
        using (await client.DeleteAsync("/products"))
        {
            await SendAsync(client, HttpMethod.Put, "/products", """
                {"settings":{"number_of_replicas":0,"number_of_shards":1},
                 "mappings":{"properties":{"name":{"type":"text"},"price":{"type":"double"},"color":{"type":"keyword"},"odd":{"type":"object","enabled":false}}}}
                """);
        }

        var bulk = new StringBuilder();
        foreach ((string id, string json) in All)
        {
            bulk.Append(JsonSerializer.Serialize(new { index = new { _id = id } })).Append('\n').Append(json).Append('\n');
        }

        string stored = await SendAsync(client, HttpMethod.Post, "/products/_bulk?refresh=true", bulk.ToString());
        Assert.Contains("\"errors\":false", stored, StringComparison.Ordinal);
        if (withTemplate)
        {
            await SendAsync(client, HttpMethod.Put, "/_scripts/products-by-name", """
                {"script":{"lang":"mustache","source":{"query":{"match":{"name":"{{words}}"}},"sort":[{"price":"asc"}],"size":"{{size}}"}}}
                """);
        }
    }

    private static async Task<string> SendAsync(HttpClient client, HttpMethod method, string path, string json)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using HttpResponseMessage answer = await client.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }
}

using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>No value of a query, field or body is in any span, nor in a line that operators see.</summary>
public sealed class SecrecyTests
{
    private const string Secret = "hunter2";
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Of_a_proxied_request()
    {
        await using var app = ScriptedServer.Always(
            $"HTTP/1.1 500 Oh\r\nSet-Cookie: s={Secret}\r\nX-Secret: {Secret}\r\nLocation: /?{Secret}\r\nContent-Length: {Secret.Length}\r\n\r\n{Secret}");
        await TellsNothingAsync("/cart", ("Legacy:Address", app.Address.AbsoluteUri));
        Assert.Contains(Secret, app.Requests[0].Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_request_to_an_app_that_cannot_be_reached() => await TellsNothingAsync("/cart");

    [Fact]
    public async Task Of_a_request_answered_from_Elasticsearch()
    {
        await using var node = ScriptedServer.Always(ScriptedNode.Answer($$"""{"name":"n","secret":"{{Secret}}"}"""));
        await TellsNothingAsync("/", ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri), ("Elasticsearch:ApiKey", Secret));
        Assert.Contains(Secret, node.Requests[0].Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_request_that_Elasticsearch_refuses()
    {
        await using var node = ScriptedServer.Always(
            $"HTTP/1.1 400 Bad\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\nContent-Length: {Secret.Length}\r\n\r\n{Secret}");
        await TellsNothingAsync("/", ("Elasticsearch:Nodes:0", node.Address.AbsoluteUri), ("Elasticsearch:ApiKey", Secret));
    }

    [Fact]
    public async Task The_User_Agent_field_is_in_no_span()
    {
        await using var app = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, $"GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: {Secret}\r\n\r\n");

        await gateway.StopAsync();
        Assert.All(gateway.Exported, static span => Assert.DoesNotContain(span.TagObjects, static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_an_app_sends_instead_of_HTTP_is_in_no_span_and_no_log()
    {
        await using var app = ScriptedServer.Always($"{Secret}\r\n\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, Request);

        await gateway.StopAsync();
        Assert.All(gateway.Exported, static span => Assert.DoesNotContain(
            span.Events.SelectMany(static e => e.Tags), static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_an_app_sends_instead_of_HTTP_is_in_no_log()
    {
        await using var app = ScriptedServer.Always($"{Secret}\r\n\r\n");
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        await RawClient.ExchangeAsync(gateway.Address, Request);

        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Information && entry.Message.Contains(Secret, StringComparison.Ordinal));
    }

    private static async Task TellsNothingAsync(string path, params (string Key, string Value)[] settings)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync([.. settings, ("Tracing:TrustedCallers:0", "127.0.0.1")]);

        await RawClient.ExchangeAsync(gateway.Address, $"""
            GET {path}?token={Secret}&{Secret} HTTP/1.1
            Host: h
            Authorization: Bearer {Secret}
            Cookie: session={Secret}
            X-Api-Key: {Secret}
            Referer: http://h/?{Secret}
            baggage: user={Secret}
            Content-Length: {Secret.Length}

            {Secret}
            """.ReplaceLineEndings("\r\n"));

        IReadOnlyList<JsonElement[]> traces = await gateway.TracesAsync(1);
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(traces), StringComparison.Ordinal);
        await gateway.StopAsync();
        Assert.NotEmpty(gateway.Exported);
        Assert.All(gateway.Exported, static span =>
        {
            Assert.DoesNotContain(Secret, span.StatusDescription ?? "", StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, span.DisplayName, StringComparison.Ordinal);
            Assert.DoesNotContain(span.TagObjects, static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal));
            Assert.DoesNotContain(span.Events.SelectMany(static e => e.Tags), static tag => $"{tag.Value}".Contains(Secret, StringComparison.Ordinal));
        });
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Information
            && $"{entry.Message} {entry.Exception}".Contains(Secret, StringComparison.Ordinal));
    }
}

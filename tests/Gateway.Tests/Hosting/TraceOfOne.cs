using System.Text.Json;

namespace Gateway.Tests.Hosting;

/// <summary>The spans of one request's trace.</summary>
public sealed class TraceOfOne(JsonElement[] spans)
{
    public IReadOnlyList<JsonElement> Spans => spans;

    public JsonElement Server => spans.Single(static span => Text(span, "kind") == "Server");

    public JsonElement Operation => spans.Single(static span => Text(span, "source") == "Loopgate.Elasticsearch");

    /// <summary>The requests that went out, in the order in which they were sent.</summary>
    public IReadOnlyList<JsonElement> HttpCalls =>
        [.. spans.Where(static span => Text(span, "source") == "System.Net.Http").OrderBy(static span => Text(span, "start"), StringComparer.Ordinal)];

    /// <summary>An attribute as text; null where the span does not have it.</summary>
    public static string? Attribute(JsonElement span, string name) =>
        span.GetProperty("attributes").TryGetProperty(name, out JsonElement value) ? value.ToString() : null;

    private static string? Text(JsonElement span, string property) => span.GetProperty(property).GetString();
}

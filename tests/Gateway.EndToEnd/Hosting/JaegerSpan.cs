using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A span as Jaeger gives it back.</summary>
public sealed record JaegerSpan(string TraceId, string SpanId, string? ParentId, string Name, long Start, long Microseconds)
{
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Where its links lead.</summary>
    public required IReadOnlyList<(string TraceId, string SpanId)> Links { get; init; }

    public string Kind => Tags.GetValueOrDefault("span.kind", "");

    public static JaegerSpan Of(JsonElement span)
    {
        var references = span.GetProperty("references").EnumerateArray()
            .Select(static reference => (Type: Text(reference, "refType"), TraceId: Text(reference, "traceID"), SpanId: Text(reference, "spanID")))
            .ToList();
        return new JaegerSpan(
            Text(span, "traceID"),
            Text(span, "spanID"),
            references.Where(static reference => reference.Type == "CHILD_OF").Select(static reference => reference.SpanId).FirstOrDefault(),
            Text(span, "operationName"),
            span.GetProperty("startTime").GetInt64(),
            span.GetProperty("duration").GetInt64())
        {
            Tags = span.GetProperty("tags").EnumerateArray().ToDictionary(static tag => Text(tag, "key"), static tag => ValueOf(tag.GetProperty("value"))),
            Links = [.. references.Where(static reference => reference.Type != "CHILD_OF").Select(static reference => (reference.TraceId, reference.SpanId))],
        };
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.ToString(),
    };
}

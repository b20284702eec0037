using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A span as Jaeger gives it back.</summary>
public sealed record JaegerSpan(string TraceId, string SpanId, string? ParentId, string Name, long Start, long Microseconds)
{
    /// <summary>Whose span it is.</summary>
    public required string Service { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Where its links lead.</summary>
    public required IReadOnlyList<(string TraceId, string SpanId)> Links { get; init; }

    public string Kind => Tags.GetValueOrDefault("span.kind", "");

    /// <summary>The spans of a trace of Jaeger's API; each names its process, which has the service's name, by a key.</summary>
    public static IEnumerable<JaegerSpan> AllOf(JsonElement trace) =>
        trace.GetProperty("spans").EnumerateArray().Select(span => Of(span, trace.GetProperty("processes")));

    private static JaegerSpan Of(JsonElement span, JsonElement processes)
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
            Service = Text(processes.GetProperty(Text(span, "processID")), "serviceName"),
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

using System.Text.Json;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A span as the gateway's own page gives it.</summary>
public sealed record Span(string TraceId, string SpanId, string? ParentSpanId, string Name, string Kind, string Source, DateTime Start, string Status)
{
    public required IReadOnlyDictionary<string, JsonElement> Attributes { get; init; }

    public bool IsServer => Kind == "Server";

    public bool IsHttpCall => Source == "System.Net.Http";

    /// <summary>An attribute as text, numbers and flags as in JSON; null where the span does not have it.</summary>
    public string? this[string attribute] => Attributes.TryGetValue(attribute, out JsonElement value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
        : null;
}

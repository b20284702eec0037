using System.Diagnostics;

namespace Gateway.Inspect;

/// <summary>A span as the page's API writes it. Durations are seconds.</summary>
internal sealed record SpanJson(
    string TraceId,
    string SpanId,
    string? ParentSpanId,
    string Name,
    string Kind,
    string Source,
    DateTime Start,
    double Duration,
    string Status,
    IReadOnlyDictionary<string, object?> Attributes,
    IReadOnlyList<LinkJson> Links)
{
    public SpanJson(Activity span)
        : this(
            span.TraceId.ToHexString(),
            span.SpanId.ToHexString(),
            span.ParentSpanId == default ? null : span.ParentSpanId.ToHexString(),
            span.DisplayName,
            span.Kind.ToString(),
            span.Source.Name,
            span.StartTimeUtc,
            span.Duration.TotalSeconds,
            span.Status.ToString(),
            span.TagObjects.ToDictionary(),
            [.. span.Links.Select(static link => new LinkJson(link.Context.TraceId.ToHexString(), link.Context.SpanId.ToHexString()))])
    {
    }
}

/// <summary>Where a link leads.</summary>
internal sealed record LinkJson(string TraceId, string SpanId);

using System.Diagnostics;
using System.Globalization;
using Gateway.Tracing;

namespace Gateway.Inspect;

/// <summary>A trace as the list shows it: its Server span, and the HTTP call that it made.</summary>
internal sealed class TraceView(IReadOnlyList<Activity> spans)
{
    public IReadOnlyList<Activity> Spans { get; } = spans;

    public Activity First { get; } = spans.FirstOrDefault(static span => span.Kind == ActivityKind.Server) ?? spans[0];

    public Activity? HttpCall { get; } = spans.LastOrDefault(static span => span.OperationName == Sources.HttpRequestOut);

    /// <summary>An attribute's value as OpenTelemetry's backends write it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        double number => number.ToString("0.######", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    public static string Text(Activity? span, string name) => Text(span?.GetTagItem(name));
}

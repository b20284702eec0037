using System.Globalization;
using System.Text;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A trace as Jaeger has it, as text for people.</summary>
public static class TraceText
{
    private const string Gateway = "loopgate";
    private static readonly string[] _shown = ["http.route", "http.response.status_code", "db.operation.name", "error.type", "network.peer.address", "network.peer.port"];

    /// <param name="spans">The trace.</param>
    /// <param name="linked">The spans that its links lead to.</param>
    public static string Of(IReadOnlyList<JaegerSpan> spans, IReadOnlyList<JaegerSpan> linked)
    {
        var text = new StringBuilder();
        foreach (JaegerSpan root in spans.Where(static span => span.ParentId is null))
        {
            Write(text, root, "", "", spans);
        }

        foreach (JaegerSpan target in linked.DistinctBy(static span => span.SpanId))
        {
            text.AppendLine("linked, a trace of its own:");
            Write(text, target, "", "", []);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, JaegerSpan span, string first, string rest, IReadOnlyList<JaegerSpan> spans)
    {
        JaegerSpan[] children = [.. spans.Where(child => child.ParentId == span.SpanId).OrderBy(static child => child.Start)];
        string link = span.Links.Count == 0 ? "" : $"  ──link──► {(span.Kind == "server" ? "the caller's trace" : "HTTP connection_setup")}";
        string service = span.Service == Gateway ? "" : $"{span.Service}: ";
        text.AppendLine(CultureInfo.InvariantCulture, $"{first}{service}{span.Name}  {span.Kind}  {span.Microseconds / 1000.0:0.0} ms{link}");
        foreach ((string name, string value) in span.Tags.Where(static tag => IsShown(tag.Key)).OrderBy(static tag => tag.Key, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{rest}{(children.Length > 0 ? "│" : " ")}    {name} = {value}");
        }

        for (int i = 0; i < children.Length; i++)
        {
            bool last = i == children.Length - 1;
            Write(text, children[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "), spans);
        }
    }

    private static bool IsShown(string tag) => tag.StartsWith("loopgate.", StringComparison.Ordinal) || _shown.Contains(tag);
}

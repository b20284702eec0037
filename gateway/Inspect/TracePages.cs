using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Gateway.Tracing;

namespace Gateway.Inspect;

/// <summary>The pages as HTML; every value is encoded, for much of it comes from clients.</summary>
internal static class TracePages
{
    /// <summary>How many letters of a request's target stand in the list; the whole is one click away.</summary>
    private const int LongestName = 120;

    /// <summary>Attributes whose value a click searches for: all requests that shared a loop or a connection.</summary>
    private static readonly string[] _searchable = [Names.LoopId, Names.LoopDead, Names.ConnectionId, Names.ServedBy, Names.HttpRoute];

    public static string List(IReadOnlyList<TraceView> traces, string? tag, string? value)
    {
        var page = new StringBuilder();
        page.Append(tag is null
            ? "<h1>The last requests</h1>"
            : $"<h1>Requests with {Encode(tag)} = {Encode(value ?? "any value")}</h1><p><a href=\"/\">all requests</a></p>");
        if (traces.Count == 0)
        {
            page.Append("<p>None yet. Send a request through the gateway and load this page again. (Only what is sampled is kept: <code>OTEL_TRACES_SAMPLER</code>.)</p>");
            return Document("Loopgate: traces", page);
        }

        page.Append("<table class=requests><thead><tr><th rowspan=2>started (UTC)<th rowspan=2>request<th rowspan=2>status<th rowspan=2>ms<th rowspan=2>served by")
            .Append("<th colspan=3>loop<th colspan=3>connection</tr><tr><th>id<th>use<th>reused<th>id<th>use<th>reused</tr></thead><tbody>");
        foreach (TraceView trace in traces)
        {
            Row(page, trace);
        }

        return Document("Loopgate: traces", page.Append("</tbody></table>"));
    }

    public static string Tree(IReadOnlyList<Activity> spans, TraceStore store)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<h1>Trace <code>{spans[0].TraceId.ToHexString()}</code></h1>")
            .Append(CultureInfo.InvariantCulture, $"<p>{spans.Min(static span => span.StartTimeUtc):yyyy-MM-dd HH:mm:ss.fff} UTC, <a href=\"/\">all requests</a></p>");
        HashSet<ActivitySpanId> known = [.. spans.Select(static span => span.SpanId)];
        page.Append("<ul class=tree>");
        foreach (Activity root in spans.Where(span => !known.Contains(span.ParentSpanId)).OrderBy(static span => span.StartTimeUtc))
        {
            Branch(page, root, spans, store);
        }

        return Document("Loopgate: trace", page.Append("</ul>"));
    }

    public static string Missing(string id) => Document("Loopgate: trace", new StringBuilder(
        $"<h1>No such trace</h1><p>The trace <code>{Encode(id)}</code> is not kept here, or not any more. <a href=\"/\">all requests</a></p>"));

    private static void Row(StringBuilder page, TraceView trace)
    {
        Activity first = trace.First;
        page.Append(CultureInfo.InvariantCulture, $"<tr><td title=\"{first.StartTimeUtc:yyyy-MM-dd}\">{first.StartTimeUtc:HH:mm:ss.fff}")
            .Append(CultureInfo.InvariantCulture, $"<td><a href=\"/traces/{first.TraceId.ToHexString()}\">{Encode(Shortened(NameOf(first)))}</a>")
            .Append(first.GetTagItem(Names.HttpResponseStatusCode) is >= 400 || first.GetTagItem(Names.ErrorType) is not null ? "<td class=bad>" : "<td class=good>")
            .Append(CultureInfo.InvariantCulture, $"{Encode(TraceView.Text(first, Names.HttpResponseStatusCode))}")
            .Append(CultureInfo.InvariantCulture, $"<td class=number>{first.Duration.TotalMilliseconds:0.0}")
            .Append(CultureInfo.InvariantCulture, $"<td>{Search(first, Names.ServedBy)}");
        Shared(page, first, Names.LoopId, Names.LoopUse, Names.LoopReused);
        Shared(page, trace.HttpCall, Names.ConnectionId, Names.ConnectionUse, Names.ConnectionReused);
        page.Append("</tr>");
    }

    /// <summary>The path of the request, for people; its route is one click away.</summary>
    private static string NameOf(Activity server) =>
        server.GetTagItem(Names.UrlPath) is string path ? $"{TraceView.Text(server, Names.HttpRequestMethod)} {path}" : server.DisplayName;

    private static string Shortened(string name) => name.Length <= LongestName ? name : $"{name.AsSpan(0, LongestName)}…";

    private static void Shared(StringBuilder page, Activity? span, string id, string use, string reused) =>
        page.Append(CultureInfo.InvariantCulture, $"<td>{Search(span, id)}<td class=number>{Encode(TraceView.Text(span, use))}")
            .Append(TraceView.Text(span, reused) switch { "true" => "<td class=good>", "false" => "<td class=bad>", _ => "<td class=unknown>" })
            .Append(Encode(TraceView.Text(span, reused)));

    private static void Branch(StringBuilder page, Activity span, IReadOnlyList<Activity> spans, TraceStore store)
    {
        page.Append(CultureInfo.InvariantCulture, $"<li><details open><summary><b>{Encode(span.DisplayName)}</b> {span.Kind} {Encode(span.Source.Name)} ")
            .Append(CultureInfo.InvariantCulture, $"<span class=number>{span.Duration.TotalMilliseconds:0.000} ms</span>")
            .Append(span.Status == ActivityStatusCode.Error ? " <span class=bad>error</span>" : "")
            .Append("</summary><table class=attributes>");
        foreach ((string name, object? value) in span.TagObjects.OrderBy(static tag => tag.Key, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Encode(name)}<td>{(_searchable.Contains(name) ? Search(span, name) : Encode(TraceView.Text(value)))}</tr>");
        }

        foreach (ActivityLink link in span.Links)
        {
            Link(page, link, store);
        }

        page.Append("</table></details>");
        Activity[] children = [.. spans.Where(child => child.ParentSpanId == span.SpanId).OrderBy(static child => child.StartTimeUtc)];
        if (children.Length > 0)
        {
            page.Append("<ul>");
            Array.ForEach(children, child => Branch(page, child, spans, store));
            page.Append("</ul>");
        }

        page.Append("</li>");
    }

    private static void Link(StringBuilder page, in ActivityLink link, TraceStore store)
    {
        string trace = link.Context.TraceId.ToHexString();
        // Another's trace, to which a caller's request belongs, or one that had to make room, is only named.
        page.Append(store.Find(link.Context.TraceId) is [var target, ..]
            ? $"<tr><th>link<td><a href=\"/traces/{trace}\">{Encode(target.DisplayName)}</a></tr>"
            : $"<tr><th>link<td>{trace}, not kept here</tr>");
    }

    private static string Search(Activity? span, string name)
    {
        string value = TraceView.Text(span, name);
        return value.Length == 0 ? "" : $"<a href=\"/?tag={Uri.EscapeDataString(name)}&amp;value={Uri.EscapeDataString(value)}\">{Encode(value)}</a>";
    }

    private static string Document(string title, StringBuilder body) =>
        $"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title><link rel=icon href=\"data:,\">"
        + $"<link rel=stylesheet href=\"/style.css\"></head><body>{body}</body></html>";

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}

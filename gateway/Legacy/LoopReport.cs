using System.Globalization;
using Gateway.Tracing;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>
/// What the app's probe says of the event loops that a request ran on, in the field <c>X-Loop</c>: items divided by commas, each
/// with <c>id</c>, <c>use</c>, and in case of trouble <c>error</c> (or <c>caught</c>, where the app answered all the same) and <c>dead</c>.
/// </summary>
internal sealed record LoopReport(string? Id, long Use, int Count, string? Error, string? Dead)
{
    public const string Field = "X-Loop";

    private const int MaxLength = 1024;
    private const int MaxLoops = 8;
    private const int MaxIdLength = 64;
    private const string NoLoop = "none";

    /// <summary>Takes the report off an answer, and puts it on the request's span.</summary>
    public static void Take(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse?.Headers.NonValidated.TryGetValues(Field, out var values) != true)
        {
            return;
        }

        transform.HttpContext.Response.Headers.Remove(Field);
        if (RequestTrace.Of(transform.HttpContext) is { } trace && Parse(string.Join(", ", values)) is { } report)
        {
            if (report.Id is not null)
            {
                trace.RanOn(report.Id, report.Use);
            }

            trace.Set(Names.LoopCount, report.Count > 1 ? report.Count : null);
            if ((report.Error ?? report.Dead) is not null)
            {
                trace.LoopFailed(report.Error, report.Dead);
            }
        }
    }

    /// <summary>Reads a report; null where the text is not a whole one: the field comes from another process, and garbage must not reach a trace.</summary>
    public static LoopReport? Parse(string text)
    {
        if (text.Length > MaxLength || Items(text) is not { Count: > 0 and <= MaxLoops } items)
        {
            return null;
        }

        (string? Id, long Use, string? Error, string? Dead) first = default;
        int loops = 0;
        foreach (Dictionary<string, string> item in items)
        {
            if (!TryRead(item, out string? id, out long use))
            {
                return null;
            }

            loops += id is null ? 0 : 1;
            first.Id ??= id;
            first.Use = first.Use == 0 ? use : first.Use;
            first.Error ??= item.GetValueOrDefault("error") ?? item.GetValueOrDefault("caught");
            first.Dead ??= item.GetValueOrDefault("dead");
        }

        return first.Dead is { } dead && !IsId(dead) ? null : new LoopReport(first.Id, first.Use, loops, first.Error, first.Dead);
    }

    private static bool TryRead(Dictionary<string, string> item, out string? id, out long use)
    {
        use = 0;
        id = item.GetValueOrDefault("id");
        if (id == NoLoop)
        {
            id = null;
            return true;
        }

        return id is not null && IsId(id)
            && long.TryParse(item.GetValueOrDefault("use"), NumberStyles.None, CultureInfo.InvariantCulture, out use) && use > 0;
    }

    private static bool IsId(string id) =>
        id.Length is > 0 and <= MaxIdLength && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Splits at commas and semicolons outside of quotes; null where the text is malformed.</summary>
    private static List<Dictionary<string, string>>? Items(string text)
    {
        List<Dictionary<string, string>> items = [[]];
        int at = 0;
        while (true)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                return null;
            }

            string name = text[at..equals].Trim();
            at = equals + 1;
            if (ReadValue(text, ref at) is not { } value || !items[^1].TryAdd(name, value))
            {
                return null;
            }

            if (at == text.Length)
            {
                return items;
            }

            if (text[at++] == ',')
            {
                items.Add([]);
            }
        }
    }

    /// <summary>A token, or a quoted string (RFC 9110 §5.6.4); ends at a comma, a semicolon or the end.</summary>
    private static string? ReadValue(string text, ref int at)
    {
        if (at < text.Length && text[at] == '"')
        {
            var value = new System.Text.StringBuilder();
            for (at++; at < text.Length && text[at] != '"'; at++)
            {
                at += text[at] == '\\' ? 1 : 0;
                value.Append(at < text.Length && !char.IsControl(text[at]) ? text[at] : '?');
            }

            bool closed = at++ < text.Length;
            return closed && (at == text.Length || text[at] is ',' or ';') ? value.ToString() : null;
        }

        int end = text.AsSpan(at).IndexOfAny(',', ';');
        string token = end < 0 ? text[at..] : text.Substring(at, end);
        at += token.Length;
        return token.Trim();
    }
}

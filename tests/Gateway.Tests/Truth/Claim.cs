using System.Diagnostics;
using System.Globalization;
using Gateway.Tracing;

namespace Gateway.Tests.Truth;

/// <summary>What the span of an outgoing request says of its connections; without the span, so that a million of them fit into memory.</summary>
internal sealed record Claim(
    int Number, string Route, string? Connection, long? Use, bool? Reused, bool HasAge, int Attempts, bool IsResend, bool Waited,
    ActivitySpanId[] Links, DateTime Start, DateTime End)
{
    /// <summary>Where nothing but the last part of the path, a number, tells one request from another.</summary>
    public static Claim Of(Activity span, bool waited)
    {
        string path = new Uri((string)span.GetTagItem(Names.UrlFull)!).AbsolutePath;
        bool isResend = span.GetTagItem(Names.HttpRequestResendCount) is 1;
        int last = path.LastIndexOf('/') + 1;
        return new Claim(
            int.Parse(path.AsSpan(last), CultureInfo.InvariantCulture),
            path.StartsWith(Crowd.Gone, StringComparison.Ordinal) ? Crowd.Gone : path.StartsWith(Crowd.Few, StringComparison.Ordinal) ? Crowd.Few : Crowd.Many,
            (string?)span.GetTagItem(Names.ConnectionId),
            (long?)span.GetTagItem(Names.ConnectionUse),
            (bool?)span.GetTagItem(Names.ConnectionReused),
            span.GetTagItem(Names.ConnectionAge) is double,
            // Attempts of this span: a resend counts the one before, which has a span of its own.
            (int)span.GetTagItem(Names.ConnectionAttempts)! - (isResend ? 1 : 0),
            isResend,
            waited,
            [.. span.Links.Select(static link => link.Context.SpanId)],
            span.StartTimeUtc,
            span.StartTimeUtc + span.Duration);
    }
}

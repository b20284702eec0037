using System.Diagnostics;
using System.Globalization;

namespace Gateway.Tests.Truth;

/// <summary>What the span of an outgoing request says of its connection.</summary>
internal sealed record Claim(int Number, string? Connection, long Use, bool Reused, int Attempts, double Age, Activity Span)
{
    /// <summary>The requests that went out to paths below <paramref name="prefix"/>.</summary>
    public static IReadOnlyList<Claim> All(IEnumerable<Activity> spans, string prefix) =>
    [
        .. spans.Where(span => span.OperationName == "System.Net.Http.HttpRequestOut" && Path(span).StartsWith(prefix, StringComparison.Ordinal))
            .Select(static span => new Claim(
                int.Parse(Path(span)[(Path(span).LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture),
                (string?)span.GetTagItem("loopgate.connection.id"),
                (long?)span.GetTagItem("loopgate.connection.use") ?? 0,
                (bool?)span.GetTagItem("loopgate.connection.reused") ?? false,
                (int)span.GetTagItem("loopgate.connection.attempts")!,
                (double?)span.GetTagItem("loopgate.connection.age") ?? 0,
                span)),
    ];

    private static string Path(Activity span) => new Uri((string)span.GetTagItem("url.full")!).AbsolutePath;
}

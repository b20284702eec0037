using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd;

/// <summary>As much of PromQL as it takes to see which series an expression reads; every selector is written with braces.</summary>
internal static partial class DeployPromQl
{
    private static readonly string[] _words = ["sum", "by", "rate", "increase", "histogram_quantile", "or", "and", "unless", "offset", "m", "h", "s"];

    /// <summary>The selectors of an expression; fails where something in it is neither one of them nor a known word.</summary>
    public static IReadOnlyList<Selector> SelectorsOf(string expression)
    {
        MatchCollection selectors = Selection.Matches(expression);
        string rest = Ignored.Replace(Selection.Replace(expression, " "), " ");
        Assert.Empty(Word.Matches(rest).Select(static match => match.Value).Except(_words));
        Assert.NotEmpty(selectors);
        return
        [
            .. selectors.Select(static match => new Selector(
                match.Groups[1].Value,
                [.. Matcher.Matches(match.Groups[2].Value).Select(static part => (part.Groups[1].Value, part.Groups[2].Value, part.Groups[3].Value))])),
        ];
    }

    /// <summary>The series of a page in Prometheus's text format.</summary>
    public static IReadOnlyList<Series> SeriesOf(string page) =>
    [
        .. page.Split('\n').Select(static line => Line.Match(line)).Where(static match => match.Success).Select(static match => new Series(
            match.Groups[1].Value,
            Matcher.Matches(match.Groups[2].Value).ToDictionary(static part => part.Groups[1].Value, static part => part.Groups[3].Value),
            double.Parse(match.Groups[3].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex("""([a-z_:][a-z0-9_:]*)\{([^}]*)\}""")]
    private static partial Regex Selection { get; }

    [GeneratedRegex("""([a-z_][a-z0-9_]*)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)""")]
    private static partial Regex Matcher { get; }

    /// <summary>Ranges, and the labels of a grouping.</summary>
    [GeneratedRegex("""\[[^\]]*\]|(?<=\bby )\([^)]*\)""")]
    private static partial Regex Ignored { get; }

    [GeneratedRegex("[a-z_][a-z0-9_]*")]
    private static partial Regex Word { get; }

    [GeneratedRegex("""^([a-z_:][a-z0-9_:]*)\{(.*?)\} (\S+)""")]
    private static partial Regex Line { get; }

    /// <summary>One line of a page of metrics.</summary>
    internal sealed record Series(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    /// <summary>A metric with its matchers; those of <c>job</c> and <c>instance</c>, which Prometheus adds, match everything.</summary>
    internal sealed record Selector(string Name, IReadOnlyList<(string Label, string Operator, string Value)> Matchers)
    {
        public bool Selects(Series series) => series.Name == Name && Matchers.All(matcher =>
        {
            string value = series.Labels.GetValueOrDefault(matcher.Label, "");
            return matcher.Label is "job" or "instance" || matcher.Operator switch
            {
                "=" => value == matcher.Value,
                "!=" => value != matcher.Value,
                "=~" => Regex.IsMatch(value, $"^(?:{matcher.Value})$"),
                _ => !Regex.IsMatch(value, $"^(?:{matcher.Value})$"),
            };
        });
    }
}

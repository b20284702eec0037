using System.Text.RegularExpressions;

namespace Gateway.Views;

/// <summary>
/// A view's path with its parameters, each a whole segment: <c>/products/{id}</c>. It is matched against the path as it came, as Flask matches: case-sensitive,
/// to the last slash, and no decoded slash makes a segment.
/// </summary>
internal sealed partial class PathTemplate
{
    /// <summary>What a path without parameters has to look like.</summary>
    public const string FixedForm = $"^/(?:{Literal}(?:/(?!/)|$))*$";

    // A segment as it may come in a target: RFC 3986 §3.3, unescaped. Dots alone, whatever parameters they have, are no name.
    private const string Literal = """(?!\.{1,2}(?:[/;]|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]+""";

    private readonly Segment[] _segments;

    private PathTemplate(string text, Segment[] segments) => (Text, _segments) = (text, segments);

    public string Text { get; }

    public int SegmentCount => _segments.Length;

    /// <summary>The parameters' names, from left to right.</summary>
    public IEnumerable<string> Names => _segments.Where(static segment => segment.IsParameter).Select(static segment => segment.Text);

    /// <summary>Equal for two templates that match the same paths, whatever their parameters are called.</summary>
    public string Shape => string.Concat(_segments.Select(static segment => segment.IsParameter ? "/{}" : "/" + segment.Text));

    /// <summary>A path without parameters.</summary>
    public static PathTemplate Fixed(string path) => new(path, [.. path[1..].Split('/').Select(static segment => new Segment(segment, false))]);

    /// <summary>Reads a template; null where the text is none, and <paramref name="problem"/> says why.</summary>
    public static PathTemplate? Parse(string text, out string problem)
    {
        problem = "";
        if (!Form.IsMatch(text))
        {
            problem = "must be a path such as /products/{id}: it starts with a slash, a parameter is a whole segment, and the rest is unescaped ASCII "
                + "without dot segments. Flask's <int:id> is {id}, with its type under parameters.";
            return null;
        }

        Segment[] segments = [.. text[1..].Split('/').Select(static segment => segment.StartsWith('{') ? new Segment(segment[1..^1], true) : new Segment(segment, false))];
        IGrouping<string, Segment>? twice = segments.Where(static segment => segment.IsParameter)
            .GroupBy(static segment => segment.Text, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(static names => names.Count() > 1);
        if (twice is not null)
        {
            problem = $"has the parameter {{{twice.Key}}} twice.";
            return null;
        }

        return new PathTemplate(text, segments);
    }

    /// <summary>
    /// Takes the parameters' values from a path. A value that its parameter's type does not admit makes it another path, as with Flask's converters;
    /// one that is too long or not UTF-8 is refused.
    /// </summary>
    public Arguments? Match(ReadOnlySpan<char> path, ReadOnlySpan<Parameter> parameters)
    {
        if (!FitsLiterals(path))
        {
            return null;
        }

        var arguments = new Arguments(parameters.Length);
        int place = 0;
        int index = 0;
        foreach (Range range in path[1..].Split('/'))
        {
            if (_segments[index++].IsParameter && !TryTake(path[1..][range], parameters[place], place++, arguments))
            {
                return null;
            }
        }

        return arguments;
    }

    /// <summary>The order in which templates are tried: where two differ first, a fixed segment comes before a parameter, as in Flask.</summary>
    public int CompareTo(PathTemplate other)
    {
        for (int i = 0; i < Math.Min(_segments.Length, other._segments.Length); i++)
        {
            if (_segments[i].IsParameter != other._segments[i].IsParameter)
            {
                return _segments[i].IsParameter ? 1 : -1;
            }
        }

        return string.CompareOrdinal(Text, other.Text);
    }

    private static bool TryTake(ReadOnlySpan<char> raw, Parameter parameter, int place, Arguments arguments)
    {
        if (!PercentText.TryDecode(raw, plusIsSpace: false, out string? text) || parameter.IsTooLong(text))
        {
            arguments.Refuse(parameter);
            return text?.Contains('/', StringComparison.Ordinal) != true;
        }

        if (text.Contains('/', StringComparison.Ordinal) || !parameter.TryRead(text, out Argument argument))
        {
            return false;
        }

        arguments[place] = argument;
        return true;
    }

    private bool FitsLiterals(ReadOnlySpan<char> path)
    {
        if (!path.StartsWith('/'))
        {
            return false;
        }

        int index = 0;
        foreach (Range range in path[1..].Split('/'))
        {
            ReadOnlySpan<char> part = path[1..][range];
            if (index == _segments.Length || (_segments[index].IsParameter ? part.IsEmpty : !part.SequenceEqual(_segments[index].Text)))
            {
                return false;
            }

            index++;
        }

        return index == _segments.Length;
    }

    [GeneratedRegex($$"""\A/(?:(?:\{[A-Za-z_][A-Za-z0-9_]*\}|{{Literal}})(?:/(?!/)|\z))*\z""", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }

    private readonly record struct Segment(string Text, bool IsParameter);
}

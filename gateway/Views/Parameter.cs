using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Views;

/// <summary>What a parameter's value is in JSON.</summary>
internal enum ParameterType
{
    /// <summary>Any text.</summary>
    String,

    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>A JSON number, kept digit for digit.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}

/// <summary>A value that its parameter admits: the text of a JSON string, or of another JSON value.</summary>
internal readonly record struct Argument(string Text, bool IsString);

/// <summary>A parameter of a view's path or query, and which values it admits.</summary>
internal sealed partial record Parameter(string Name, ParameterType Type = ParameterType.String)
{
    /// <summary>As long as Elasticsearch takes a document's id.</summary>
    public const int DefaultMaxBytes = 512;

    /// <summary>Whether a request without it is refused; a parameter of a path always has a value.</summary>
    public bool Required { get; init; }

    /// <summary>Longest value, in bytes of UTF-8.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>What a whole text has to match.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>The texts that are admitted; all where it is null.</summary>
    public FrozenSet<string>? OneOf { get; init; }

    public decimal? Minimum { get; init; }

    public decimal? Maximum { get; init; }

    /// <summary>The value where a request has none.</summary>
    public Argument? Default { get; init; }

    public bool IsTooLong(string text) => Encoding.UTF8.GetByteCount(text) > MaxBytes;

    /// <summary>Reads a value; false where the text is not of the type or out of its range.</summary>
    public bool TryRead(string text, out Argument argument)
    {
        switch (Type)
        {
            case ParameterType.Integer:
                bool isInteger = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer) && text[0] != '+' && text[^1] != '\0';
                argument = new Argument(integer.ToString(CultureInfo.InvariantCulture), IsString: false);
                return isInteger && !(integer < Minimum) && !(text[0] == '-' && Minimum >= 0) && !(integer > Maximum);
            case ParameterType.Number:
                argument = new Argument(text, IsString: false);
                return JsonNumber.IsMatch(text) && double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)) && IsInRange(text);
            case ParameterType.Boolean:
                argument = new Argument(text, IsString: false);
                return text is "true" or "false";
            default:
                argument = new Argument(text, IsString: true);
                return Pattern?.IsMatch(text) != false && OneOf?.Contains(text) != false;
        }
    }

    /// <summary>As a decimal, which has the digits that a double loses; what is too large for one is beyond every bound on its side.</summary>
    private bool IsInRange(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact)
            ? !(exact < Minimum) && !(exact > Maximum)
            : number.StartsWith('-') ? Minimum is null : Maximum is null;

    [GeneratedRegex("""\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z""", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber { get; }
}

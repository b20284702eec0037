using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Views;

/// <summary>Reads the declaration of a parameter from views.json.</summary>
internal static partial class ParameterReader
{
    private const int LongestMaxBytes = 8192;

    /// <summary>Whether a parameter can be called so, and be named in braces.</summary>
    public static bool IsName(string name) => Name.IsMatch(name);

    /// <param name="name">What the parameter is called.</param>
    /// <param name="declared">Its declaration.</param>
    /// <param name="ofPath">Whether it is the path's, and so always has a value.</param>
    public static Parameter Read(string name, FileObject declared, bool ofPath)
    {
        var parameter = new Parameter(name, declared.Word<ParameterType>("type"))
        {
            MaxBytes = declared.Number("maxBytes", 1, LongestMaxBytes) ?? Parameter.DefaultMaxBytes,
        };
        parameter = parameter.Type switch
        {
            ParameterType.String => parameter with { Pattern = PatternOf(declared), OneOf = declared.Texts("enum")?.ToFrozenSet(StringComparer.Ordinal) },
            ParameterType.Integer or ParameterType.Number => parameter with { Minimum = declared.Decimal("minimum"), Maximum = declared.Decimal("maximum") },
            _ => parameter,
        };
        if (ofPath && parameter is { Type: ParameterType.Integer, Minimum: null, Maximum: null or >= 0 })
        {
            // As Flask's int converter, which has no sign unless it is told to.
            parameter = parameter with { Minimum = 0 };
        }

        if (parameter.Minimum > parameter.Maximum)
        {
            declared.Refuse("minimum", "must not be greater than maximum.");
        }

        if (!ofPath)
        {
            parameter = parameter with { Required = declared.Flag("required") };
            parameter = parameter with { Default = DefaultOf(parameter, declared) };
        }

        declared.Close();
        return parameter;
    }

    private static Argument? DefaultOf(Parameter parameter, FileObject declared)
    {
        if (declared.Take("default") is not { } value)
        {
            return null;
        }

        if (parameter.Required)
        {
            declared.Refuse("default", "a required parameter has none.");
            return null;
        }

        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if ((value.ValueKind == JsonValueKind.String) == (parameter.Type == ParameterType.String) && !parameter.IsTooLong(text)
            && parameter.TryRead(text, out Argument argument))
        {
            return argument;
        }

        declared.Refuse("default", "must be a value that the parameter admits.");
        return null;
    }

    /// <summary>Compiles the pattern without backtracking, so that no value can make the gateway think for long.</summary>
    private static Regex? PatternOf(FileObject declared)
    {
        if (declared.Text("pattern") is not { } pattern)
        {
            return null;
        }

        try
        {
            // Alone first: in brackets a stray one of its own would find a partner.
            _ = new Regex(pattern);
            return new Regex($"\\A(?:{pattern})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            declared.Refuse("pattern", $"cannot be used: {refused.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    [GeneratedRegex("""\A[A-Za-z_][A-Za-z0-9_]*\z""", RegexOptions.CultureInvariant)]
    private static partial Regex Name { get; }
}

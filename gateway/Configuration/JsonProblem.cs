using System.Globalization;
using System.Text.Json;

namespace Gateway.Configuration;

/// <summary>What is wrong with a JSON file, as editors count: from line 1 on, where .NET begins with line 0.</summary>
internal static class JsonProblem
{
    /// <summary>The words with which .NET begins to say where.</summary>
    private static readonly string[] _places = [" Path: ", " LineNumber: "];

    public static string Of(JsonException broken)
    {
        string message = broken.Message.ReplaceLineEndings(" ");
        return broken is { LineNumber: { } line, BytePositionInLine: { } position }
            ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}: {message.Split(_places, 2, StringSplitOptions.None)[0]}")
            : message;
    }
}

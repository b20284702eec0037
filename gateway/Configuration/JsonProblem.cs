using System.Globalization;
using System.Text.Json;

namespace Gateway.Configuration;

/// <summary>What is wrong with a JSON file, as editors count: from line 1 on, where .NET begins with line 0.</summary>
internal static class JsonProblem
{
    public static string Of(JsonException broken)
    {
        string message = broken.Message.ReplaceLineEndings(" ");
        if (broken is not { LineNumber: { } line, BytePositionInLine: { } position })
        {
            return message;
        }

        foreach (string place in (string[])[" Path: ", " LineNumber: "])
        {
            int at = message.IndexOf(place, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }

        return string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}: {message}");
    }
}

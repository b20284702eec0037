using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Views;

/// <summary>Which Python writes the JSON whose bytes are to be matched.</summary>
internal enum PythonJsonStyle
{
    /// <summary>Flask's <c>jsonify</c>: keys sorted at every depth, no spaces, ASCII only, one newline at the end.</summary>
    Flask,

    /// <summary>Django's <c>JsonResponse</c>: keys in the order received, a space after each comma and colon, ASCII only.</summary>
    Django,

    /// <summary>The bytes as received, once they are known to be one complete JSON value.</summary>
    Compact,
}

/// <summary>Writes JSON byte for byte as a Python view writes it after <c>json.loads</c>.</summary>
internal static class PythonJson
{
    /// <summary>The document in the given style.</summary>
    /// <exception cref="JsonException">The bytes are not exactly one complete JSON value that Python reads.</exception>
    public static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> json, PythonJsonStyle style)
    {
        // Its spaces too are left as received.
        return style == PythonJsonStyle.Compact ? Checked(json) : Write(json, style, JsonParts.Value);
    }

    /// <summary>A part of the document in the given style.</summary>
    /// <exception cref="JsonException">The bytes are not exactly one complete JSON value that Python reads.</exception>
    /// <exception cref="KeyNotFoundException">It has no such part.</exception>
    /// <exception cref="InvalidOperationException">It has something else in that part's place.</exception>
    public static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> json, PythonJsonStyle style, JsonPart part)
    {
        var writer = new PythonJsonWriter(json, style);
        JsonTokens.RequireEnd(json.Span, part(writer, json.Span, Start(json.Span)));
        return writer.Finish();
    }

    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> json)
    {
        JsonTokens.RequireEnd(json.Span, JsonTokens.EndOfValue(json.Span, Start(json.Span)));
        return json;
    }

    /// <summary>Where the document's first token begins.</summary>
    private static int Start(ReadOnlySpan<byte> json) =>
        Utf8.IsValid(json) ? JsonTokens.Next(json, 0) : throw new JsonException("The document is not valid UTF-8.");
}

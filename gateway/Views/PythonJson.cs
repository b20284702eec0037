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
    /// <summary>Python gives up at a depth of about a thousand, depending on who called it: this is well below and far above any real answer.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

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
        Utf8JsonReader reader = Start(json.Span);
        var writer = new PythonJsonWriter(json, style);
        part(writer, ref reader);
        reader.Read();
        return writer.Finish();
    }

    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> json)
    {
        Utf8JsonReader reader = Start(json.Span);
        reader.Skip();
        reader.Read();
        return json;
    }

    /// <summary>A reader on the document's first token.</summary>
    private static Utf8JsonReader Start(ReadOnlySpan<byte> json)
    {
        // The reader looks at a string's encoding only when the string is asked for, which never happens here.
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("The document is not valid UTF-8.");
        }

        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        return reader;
    }
}

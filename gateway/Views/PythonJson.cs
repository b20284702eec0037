using System.Buffers;
using System.Runtime.InteropServices;
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

/// <summary>Writes a JSON document byte for byte as a Python view writes it after <c>json.loads</c>.</summary>
internal static class PythonJson
{
    // Python gives up at a depth of about a thousand, depending on who called it: this is well below and far above any real answer.
    private static readonly JsonDocumentOptions _options = new() { MaxDepth = 512 };

    /// <summary>The document in the given style.</summary>
    /// <exception cref="JsonException">The bytes are not exactly one complete JSON value that Python reads.</exception>
    public static byte[] Write(ReadOnlyMemory<byte> json, PythonJsonStyle style)
    {
        using JsonDocument document = Parse(json);
        return style == PythonJsonStyle.Compact ? json.ToArray() : Write(document.RootElement, style);
    }

    /// <summary>A part of a parsed document in the given style.</summary>
    public static byte[] Write(JsonElement value, PythonJsonStyle style)
    {
        int length = JsonMarshal.GetRawUtf8Value(value).Length;
        ArrayBufferWriter<byte> output = new(length + (length / 4) + 16);
        WriteValue(value, style, output);
        return Finish(output, style);
    }

    /// <summary>Parts of a parsed document as a list in the given style.</summary>
    public static byte[] Write(IReadOnlyCollection<JsonElement> items, PythonJsonStyle style)
    {
        ArrayBufferWriter<byte> output = new(items.Sum(static item => JsonMarshal.GetRawUtf8Value(item).Length + 1) + 16);
        WriteArray(items, style, output);
        return Finish(output, style);
    }

    /// <summary>The document, once it is known to be one complete JSON value.</summary>
    /// <exception cref="JsonException">The bytes are not exactly one complete JSON value that Python reads.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json) =>
        // The JSON reader looks at a string's encoding only when the string is asked for, which never happens here.
        Utf8.IsValid(json.Span) ? JsonDocument.Parse(json, _options) : throw new JsonException("The document is not valid UTF-8.");

    private static byte[] Finish(ArrayBufferWriter<byte> output, PythonJsonStyle style)
    {
        if (style == PythonJsonStyle.Flask)
        {
            output.Write("\n"u8);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteValue(JsonElement value, PythonJsonStyle style, ArrayBufferWriter<byte> output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when style != PythonJsonStyle.Compact:
                WriteObject(value, style, output);
                break;
            case JsonValueKind.Array when style != PythonJsonStyle.Compact:
                WriteArray(value.EnumerateArray(), style, output);
                break;
            case JsonValueKind.String when style != PythonJsonStyle.Compact:
                PythonString.Write(JsonMarshal.GetRawUtf8Value(value)[1..^1], output);
                break;
            case JsonValueKind.Number when style != PythonJsonStyle.Compact:
                PythonNumber.Write(JsonMarshal.GetRawUtf8Value(value), output);
                break;
            default:
                output.Write(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    private static void WriteObject(JsonElement value, PythonJsonStyle style, ArrayBufferWriter<byte> output)
    {
        output.Write("{"u8);
        bool isFirst = true;
        if (PythonMember.AreSorted(value))
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                WriteMember(property, style, isFirst, output);
                isFirst = false;
            }
        }
        else
        {
            foreach (PythonMember member in PythonMember.Of(value, inOrderReceived: style == PythonJsonStyle.Django))
            {
                WriteMember(member.Property, style, isFirst, output);
                isFirst = false;
            }
        }

        output.Write("}"u8);
    }

    private static void WriteMember(JsonProperty member, PythonJsonStyle style, bool isFirst, ArrayBufferWriter<byte> output)
    {
        output.Write(isFirst ? [] : Comma(style));
        PythonString.Write(JsonMarshal.GetRawUtf8PropertyName(member), output);
        output.Write(style == PythonJsonStyle.Django ? ": "u8 : ":"u8);
        WriteValue(member.Value, style, output);
    }

    private static void WriteArray(IEnumerable<JsonElement> items, PythonJsonStyle style, ArrayBufferWriter<byte> output)
    {
        output.Write("["u8);
        ReadOnlySpan<byte> separator = [];
        foreach (JsonElement item in items)
        {
            output.Write(separator);
            separator = Comma(style);
            WriteValue(item, style, output);
        }

        output.Write("]"u8);
    }

    private static ReadOnlySpan<byte> Comma(PythonJsonStyle style) => style == PythonJsonStyle.Django ? ", "u8 : ","u8;
}

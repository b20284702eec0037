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
        // The JSON reader looks at a string's encoding only when the string is asked for, which never happens here.
        if (!Utf8.IsValid(json.Span))
        {
            throw new JsonException("The document is not valid UTF-8.");
        }

        using JsonDocument document = JsonDocument.Parse(json, _options);
        if (style == PythonJsonStyle.Compact)
        {
            return json.ToArray();
        }

        ArrayBufferWriter<byte> output = new(json.Length + (json.Length / 4) + 16);
        WriteValue(document.RootElement, style, output);
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
            case JsonValueKind.Object:
                WriteObject(value, style, output);
                break;
            case JsonValueKind.Array:
                WriteArray(value, style, output);
                break;
            case JsonValueKind.String:
                PythonString.Write(JsonMarshal.GetRawUtf8Value(value)[1..^1], output);
                break;
            case JsonValueKind.Number:
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
        ReadOnlySpan<byte> separator = [];
        foreach (Member member in Members(value, style))
        {
            output.Write(separator);
            separator = Comma(style);
            PythonString.Write(member.Name, output);
            output.Write(style == PythonJsonStyle.Django ? ": "u8 : ":"u8);
            WriteValue(member.Property.Value, style, output);
        }

        output.Write("}"u8);
    }

    private static void WriteArray(JsonElement value, PythonJsonStyle style, ArrayBufferWriter<byte> output)
    {
        output.Write("["u8);
        ReadOnlySpan<byte> separator = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            output.Write(separator);
            separator = Comma(style);
            WriteValue(item, style, output);
        }

        output.Write("]"u8);
    }

    private static ReadOnlySpan<byte> Comma(PythonJsonStyle style) => style == PythonJsonStyle.Django ? ", "u8 : ","u8;

    // What a dict holds: one member per name, the last value in the place of the first.
    private static Span<Member> Members(JsonElement value, PythonJsonStyle style)
    {
        Member[] members = new Member[value.GetPropertyCount()];
        int count = 0;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            members[count] = new Member(property, count);
            count++;
        }

        Array.Sort(members, static (left, right) => left.CompareTo(right));
        Span<Member> distinct = members.AsSpan(0, Merge(members));
        if (style == PythonJsonStyle.Django)
        {
            distinct.Sort(static (left, right) => left.Place.CompareTo(right.Place));
        }

        return distinct;
    }

    private static int Merge(Span<Member> sorted)
    {
        int last = -1;
        foreach (Member member in sorted)
        {
            bool again = last >= 0 && PythonString.Compare(sorted[last].Name, member.Name) == 0;
            int place = again ? sorted[last].Place : member.Place;
            last += again ? 0 : 1;
            sorted[last] = new Member(member.Property, place);
        }

        return last + 1;
    }

    private readonly record struct Member(JsonProperty Property, int Place)
    {
        public ReadOnlySpan<byte> Name => JsonMarshal.GetRawUtf8PropertyName(Property);

        public int CompareTo(Member other) =>
            PythonString.Compare(Name, other.Name) is int order and not 0 ? order : Place.CompareTo(other.Place);
    }
}

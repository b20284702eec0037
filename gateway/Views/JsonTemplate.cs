using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>
/// JSON in which arguments take the place of whole values, as values: a string stays a string whatever is in it. A member or item whose argument is
/// missing is left out. What has no parameter in it is kept as the bytes that are sent.
/// </summary>
internal sealed class JsonTemplate
{
    // Elasticsearch reads JSON, not HTML: nothing but what JSON itself wants is escaped.
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly byte[] _constant = [];
    private readonly int _parameter = -1;
    private readonly (JsonEncodedText Name, JsonTemplate Value)[]? _members;
    private readonly JsonTemplate[]? _items;

    private JsonTemplate(byte[] constant) => _constant = constant;

    private JsonTemplate(int parameter) => _parameter = parameter;

    private JsonTemplate((JsonEncodedText Name, JsonTemplate Value)[] members) => _members = members;

    private JsonTemplate(JsonTemplate[] items) => _items = items;

    public bool IsConstant => _parameter < 0 && _members is null && _items is null;

    /// <summary>Reads a template; <paramref name="parameterOf"/> gives the place of the parameter for which a string stands, and -1 for all others.</summary>
    public static JsonTemplate Of(JsonElement value, Func<string, int> parameterOf)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when parameterOf(value.GetString()!) is >= 0 and int parameter:
                return new JsonTemplate(parameter);
            case JsonValueKind.Object:
                return Object([.. value.EnumerateObject().Select(member => (member.Name, Of(member.Value, parameterOf)))]);
            case JsonValueKind.Array:
                JsonTemplate[] items = [.. value.EnumerateArray().Select(item => Of(item, parameterOf))];
                return Fold(new JsonTemplate(items), Array.TrueForAll(items, static item => item.IsConstant));
            default:
                return new JsonTemplate(Bytes(value.WriteTo));
        }
    }

    /// <summary>A string that is always the same.</summary>
    public static JsonTemplate Text(string text) => new(Bytes(writer => writer.WriteStringValue(text)));

    public static JsonTemplate Object(IReadOnlyList<(string Name, JsonTemplate Value)> members) => Fold(
        new JsonTemplate([.. members.Select(static member => (JsonEncodedText.Encode(member.Name, _options.Encoder), member.Value))]),
        members.All(static member => member.Value.IsConstant));

    /// <summary>The JSON with these arguments in their places.</summary>
    public ReadOnlyMemory<byte> Write(Arguments arguments) => IsConstant ? _constant : Bytes(writer => Write(writer, arguments));

    private static JsonTemplate Fold(JsonTemplate template, bool isConstant) =>
        isConstant ? new JsonTemplate(Bytes(writer => template.Write(writer, new Arguments(0)))) : template;

    private static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter writer = new(output, _options))
        {
            write(writer);
        }

        return output.WrittenSpan.ToArray();
    }

    private bool IsLeftOut(Arguments arguments) => _parameter >= 0 && arguments[_parameter] is null;

    private void Write(Utf8JsonWriter writer, Arguments arguments)
    {
        if (_parameter >= 0)
        {
            WriteArgument(writer, arguments[_parameter]!.Value);
        }
        else if (_members is not null)
        {
            WriteMembers(writer, _members, arguments);
        }
        else if (_items is not null)
        {
            WriteItems(writer, _items, arguments);
        }
        else
        {
            writer.WriteRawValue(_constant, skipInputValidation: true);
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, (JsonEncodedText Name, JsonTemplate Value)[] members, Arguments arguments)
    {
        writer.WriteStartObject();
        foreach ((JsonEncodedText name, JsonTemplate value) in members)
        {
            if (!value.IsLeftOut(arguments))
            {
                writer.WritePropertyName(name);
                value.Write(writer, arguments);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter writer, JsonTemplate[] items, Arguments arguments)
    {
        writer.WriteStartArray();
        foreach (JsonTemplate item in items)
        {
            if (!item.IsLeftOut(arguments))
            {
                item.Write(writer, arguments);
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteArgument(Utf8JsonWriter writer, Argument argument)
    {
        if (argument.IsString)
        {
            writer.WriteStringValue(argument.Text);
        }
        else
        {
            writer.WriteRawValue(argument.Text, skipInputValidation: true);
        }
    }
}

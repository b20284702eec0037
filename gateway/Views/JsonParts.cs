using System.Text.Json;

namespace Gateway.Views;

/// <summary>Writes a part of what is read; the reader is on its first token, and on its last afterwards.</summary>
internal delegate void JsonPart(PythonJsonWriter writer, ref Utf8JsonReader reader);

/// <summary>Finds the part of a document that is wanted, and passes over the rest.</summary>
internal static class JsonParts
{
    /// <summary>The value itself.</summary>
    public static void Value(PythonJsonWriter writer, ref Utf8JsonReader reader) => writer.WriteValue(ref reader);

    /// <summary>A part of the member with this name, and nothing else of the object; of members with one name, of the last.</summary>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="InvalidOperationException">It is no object.</exception>
    public static void Member(PythonJsonWriter writer, ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonPart part)
    {
        Require(reader, JsonTokenType.StartObject);
        (int start, bool found) = (writer.Output.Length, false);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            bool isWanted = reader.ValueTextEquals(name);
            reader.Read();
            if (isWanted)
            {
                writer.Output.Truncate(start);
                part(writer, ref reader);
                found = true;
            }
            else
            {
                reader.Skip();
            }
        }

        if (!found)
        {
            throw new KeyNotFoundException();
        }
    }

    /// <summary>A part of each item, as a list.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    public static void Items(PythonJsonWriter writer, ref Utf8JsonReader reader, JsonPart part)
    {
        Require(reader, JsonTokenType.StartArray);
        writer.Output.Write((byte)'[');
        for (bool isFirst = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; isFirst = false)
        {
            if (!isFirst)
            {
                writer.Output.Write(writer.Comma);
            }

            part(writer, ref reader);
        }

        writer.Output.Write((byte)']');
    }

    private static void Require(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new InvalidOperationException($"{type} is wanted, {reader.TokenType} was found.");
        }
    }
}

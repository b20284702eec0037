namespace Gateway.Views;

/// <summary>Writes a part of the value that begins here; gives back where the value ends.</summary>
internal delegate int JsonPart(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at);

/// <summary>Finds the part of a document that is wanted, and passes over the rest.</summary>
internal static class JsonParts
{
    /// <summary>The value itself.</summary>
    public static int Value(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at) => writer.WriteValue(json, at);

    /// <summary>A part of the member with this name, and nothing else of the object; of members with one name, of the last.</summary>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="InvalidOperationException">It is no object.</exception>
    public static int Member(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> name, JsonPart part)
    {
        Require(json, at++, '{');
        (int start, bool found) = (writer.Output.Written.Length, false);
        for (bool isFirst = true; JsonTokens.MoveNext(json, ref at, isFirst, (byte)'}'); isFirst = false)
        {
            int end = JsonString.EndOf(json, at, out bool isPlain);
            ReadOnlySpan<byte> received = json[(at + 1)..(end - 1)];
            bool isWanted = isPlain ? received.SequenceEqual(name) : PythonString.Compare(received, name) == 0;
            at = JsonTokens.NextBehindColon(json, end);
            if (isWanted)
            {
                writer.Output.Truncate(start);
                at = part(writer, json, at);
                found = true;
            }
            else
            {
                at = JsonTokens.EndOfValue(json, at);
            }
        }

        return found ? at : throw new KeyNotFoundException();
    }

    /// <summary>A part of each item, as a list.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    public static int Items(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at, JsonPart part)
    {
        Require(json, at++, '[');
        writer.Output.Write((byte)'[');
        for (bool isFirst = true; JsonTokens.MoveNext(json, ref at, isFirst, (byte)']'); isFirst = false)
        {
            writer.Output.Write(isFirst ? [] : writer.Comma);
            at = part(writer, json, at);
        }

        writer.Output.Write((byte)']');
        return at;
    }

    private static void Require(ReadOnlySpan<byte> json, int at, char wanted)
    {
        if (json[at] != wanted)
        {
            throw new InvalidOperationException($"'{wanted}' is wanted, '{(char)json[at]}' was found.");
        }
    }
}

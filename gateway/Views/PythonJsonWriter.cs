using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>
/// Writes the values that a reader stands on as Python does after <c>json.loads</c>, in the one pass in which they are read: an object
/// is written as it comes, and arranged at its end where its names did not come in Python's order.
/// </summary>
/// <param name="json">What the reader reads, from its first byte on.</param>
/// <param name="style">Which Python.</param>
internal sealed class PythonJsonWriter(ReadOnlyMemory<byte> json, PythonJsonStyle style)
{
    private readonly JsonOutput _output = new(json.Length + (json.Length / 4) + 16);
    private readonly List<PythonMember> _members = [];

    /// <summary>Writes a part of what is read; the reader is on its first token, and on its last afterwards.</summary>
    public delegate void Part(PythonJsonWriter writer, ref Utf8JsonReader reader);

    private ReadOnlySpan<byte> Comma => style == PythonJsonStyle.Django ? ", "u8 : ","u8;

    private ReadOnlySpan<byte> Colon => style == PythonJsonStyle.Django ? ": "u8 : ":"u8;

    /// <summary>The value itself.</summary>
    public static void Value(PythonJsonWriter writer, ref Utf8JsonReader reader) => writer.WriteValue(ref reader);

    /// <summary>A part of the member with this name, and nothing else of the object; of members with one name, of the last.</summary>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="InvalidOperationException">It is no object.</exception>
    public void WriteMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, Part part)
    {
        Require(reader, JsonTokenType.StartObject);
        (int start, bool found) = (_output.Length, false);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            bool isWanted = reader.ValueTextEquals(name);
            reader.Read();
            if (isWanted)
            {
                _output.Truncate(start);
                part(this, ref reader);
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
    public void WriteItems(ref Utf8JsonReader reader, Part part)
    {
        Require(reader, JsonTokenType.StartArray);
        _output.Write((byte)'[');
        for (bool isFirst = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; isFirst = false)
        {
            _output.Write(isFirst ? [] : Comma);
            part(this, ref reader);
        }

        _output.Write((byte)']');
    }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        _output.Write(style == PythonJsonStyle.Flask ? "\n"u8 : []);
        return _output.Written;
    }

    private static void Require(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new InvalidOperationException($"{type} is wanted, {reader.TokenType} was found.");
        }
    }

    private void WriteValue(ref Utf8JsonReader reader)
    {
        if (style == PythonJsonStyle.Compact)
        {
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            _output.Write(json.Span[start..(int)reader.BytesConsumed]);
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteObject(ref reader);
                break;
            case JsonTokenType.StartArray:
                WriteItems(ref reader, Value);
                break;
            case JsonTokenType.String:
                PythonString.Write(reader.ValueSpan, _output);
                break;
            case JsonTokenType.Number:
                PythonNumber.Write(reader.ValueSpan, _output);
                break;
            default:
                _output.Write(reader.ValueSpan);
                break;
        }
    }

    private void WriteObject(ref Utf8JsonReader reader)
    {
        _output.Write((byte)'{');
        (int start, int outer, bool isSorted) = (_output.Length, _members.Count, true);
        for (int place = 0; reader.Read() && reader.TokenType != JsonTokenType.EndObject; place++)
        {
            _output.Write(place == 0 ? [] : Comma);
            isSorted = isSorted && (place == 0 || PythonString.Compare(json.Span[_members[^1].Name], reader.ValueSpan) < 0);
            int name = (int)reader.TokenStartIndex + 1;
            Range received = name..(name + reader.ValueSpan.Length);
            int begin = _output.Length;
            PythonString.Write(reader.ValueSpan, _output);
            _output.Write(Colon);
            reader.Read();
            WriteValue(ref reader);
            _members.Add(new PythonMember(received, begin.._output.Length, place));
        }

        if (!isSorted)
        {
            Arrange(CollectionsMarshal.AsSpan(_members)[outer..], start);
        }

        CollectionsMarshal.SetCount(_members, outer);
        _output.Write((byte)'}');
    }

    /// <summary>Writes the members again, from <paramref name="start"/> on, in Python's order and each once.</summary>
    private void Arrange(Span<PythonMember> members, int start)
    {
        Span<PythonMember> distinct = PythonMember.Distinct(members, json);
        if (style == PythonJsonStyle.Django)
        {
            if (distinct.Length == members.Length)
            {
                return;
            }

            distinct.Sort(static (left, right) => left.Place.CompareTo(right.Place));
        }

        int length = _output.Length - start;
        byte[] written = ArrayPool<byte>.Shared.Rent(length);
        _output.Written.Span[start..].CopyTo(written);
        _output.Truncate(start);
        for (int i = 0; i < distinct.Length; i++)
        {
            _output.Write(i == 0 ? [] : Comma);
            _output.Write(written.AsSpan((distinct[i].Written.Start.Value - start)..(distinct[i].Written.End.Value - start)));
        }

        ArrayPool<byte>.Shared.Return(written);
    }
}

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
    private readonly List<PythonMember> _members = [];
    private readonly bool _isPlain = PythonString.IsPlain(json.Span);

    public JsonOutput Output { get; } = new(json);

    public ReadOnlySpan<byte> Comma => style == PythonJsonStyle.Django ? ", "u8 : ","u8;

    private ReadOnlySpan<byte> Colon => style == PythonJsonStyle.Django ? ": "u8 : ":"u8;

    public void WriteValue(ref Utf8JsonReader reader) => WriteValue(ref reader, (int)reader.TokenStartIndex);

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        Output.Write(style == PythonJsonStyle.Flask ? "\n"u8 : []);
        return Output.Written;
    }

    /// <summary>
    /// Writes the value that the reader is on, behind the received bytes from <paramref name="from"/> to where it begins; gives back where
    /// it ends.
    /// </summary>
    private int WriteValue(ref Utf8JsonReader reader, int from)
    {
        if (style == PythonJsonStyle.Compact)
        {
            reader.Skip();
            return Pass(from, (int)reader.BytesConsumed);
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return WriteObject(ref reader, from);
            case JsonTokenType.StartArray:
                return WriteArray(ref reader, from);
            case JsonTokenType.String:
                return WriteString(ref reader, from);
            case JsonTokenType.Number when !PythonNumber.IsWrittenAsReceived(reader.ValueSpan):
                int start = Pass(from, (int)reader.TokenStartIndex);
                PythonNumber.Write(reader.ValueSpan, Output);
                return start + reader.ValueSpan.Length;
            default:
                return Pass(from, (int)reader.TokenStartIndex + reader.ValueSpan.Length);
        }
    }

    private int WriteString(ref Utf8JsonReader reader, int from)
    {
        int start = (int)reader.TokenStartIndex;
        int end = start + reader.ValueSpan.Length + 2;
        if (!reader.ValueIsEscaped && (_isPlain || PythonString.IsPlain(reader.ValueSpan)))
        {
            return Pass(from, end);
        }

        Pass(from, start);
        PythonString.Write(reader.ValueSpan, Output);
        return end;
    }

    private int WriteArray(ref Utf8JsonReader reader, int from)
    {
        int end = Pass(from, (int)reader.TokenStartIndex + 1);
        for (bool isFirst = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; isFirst = false)
        {
            end = WriteValue(ref reader, Follow(reader, end, isFirst ? [] : Comma));
        }

        return Pass(Follow(reader, end, []), (int)reader.TokenStartIndex + 1);
    }

    private int WriteObject(ref Utf8JsonReader reader, int from)
    {
        int end = Pass(from, (int)reader.TokenStartIndex + 1);
        (int start, int outer, bool isSorted) = (Output.Length, _members.Count, true);
        ReadOnlySpan<byte> previous = default;
        for (int place = 0; reader.Read() && reader.TokenType != JsonTokenType.EndObject; place++)
        {
            from = Follow(reader, end, place == 0 ? [] : Comma);
            ReadOnlySpan<byte> name = reader.ValueSpan;
            int nameStart = (int)reader.TokenStartIndex;
            int begin = Output.Length + (nameStart - from);
            isSorted = isSorted && (place == 0 || PythonString.Compare(previous, name) < 0);
            end = WriteString(ref reader, from);
            reader.Read();
            end = WriteValue(ref reader, Follow(reader, end, Colon));
            _members.Add(new PythonMember(nameStart + 1, name.Length, begin, Output.Length - begin, place));
            previous = name;
        }

        from = Follow(reader, end, []);
        if (!isSorted)
        {
            Arrange(CollectionsMarshal.AsSpan(_members)[outer..], start);
        }

        CollectionsMarshal.SetCount(_members, outer);
        return Pass(from, (int)reader.TokenStartIndex + 1);
    }

    /// <summary>
    /// What stands between the token that ends at <paramref name="end"/> and the one that the reader is on: where it was received as it is
    /// to be written, it is left to be passed on with the token, and where not, it is written.
    /// </summary>
    private int Follow(in Utf8JsonReader reader, int end, ReadOnlySpan<byte> wanted)
    {
        int start = (int)reader.TokenStartIndex;
        // The reader has seen to it that one byte can only be the right one.
        if (start - end == wanted.Length && (wanted.Length < 2 || json.Span[end..start].SequenceEqual(wanted)))
        {
            return end;
        }

        Output.Write(wanted);
        return start;
    }

    private int Pass(int from, int to)
    {
        Output.Pass(from, to);
        return to;
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

        int length = Output.Length - start;
        byte[] written = ArrayPool<byte>.Shared.Rent(length);
        Output.Written.Span[start..].CopyTo(written);
        Output.Truncate(start);
        for (int i = 0; i < distinct.Length; i++)
        {
            Output.Write(i == 0 ? [] : Comma);
            Output.Write(written.AsSpan(distinct[i].Start - start, distinct[i].Length));
        }

        ArrayPool<byte>.Shared.Return(written);
    }
}

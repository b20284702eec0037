using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Views;

/// <summary>
/// Writes values as Python does after <c>json.loads</c>, in the one pass in which they are read: an object is written as it comes, and
/// arranged at its end where its names did not come in Python's order.
/// </summary>
/// <param name="json">The document that they stand in.</param>
/// <param name="style">Which Python.</param>
internal sealed class PythonJsonWriter(ReadOnlyMemory<byte> json, PythonJsonStyle style)
{
    private readonly List<PythonMember> _members = [];

    public JsonOutput Output { get; } = new(json);

    public ReadOnlySpan<byte> Comma => style == PythonJsonStyle.Django ? ", "u8 : ","u8;

    private ReadOnlySpan<byte> Colon => style == PythonJsonStyle.Django ? ": "u8 : ":"u8;

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        Output.Write(style == PythonJsonStyle.Flask ? "\n"u8 : []);
        return Output.Written;
    }

    /// <summary>Writes the value that begins here; gives back where it ends.</summary>
    public int WriteValue(ReadOnlySpan<byte> json, int at)
    {
        Output.BeginRun(at);
        int end = style == PythonJsonStyle.Compact ? JsonTokens.EndOfValue(json, at) : WriteValue(json, at, depth: 0);
        Output.EndRun(end);
        return end;
    }

    private int WriteValue(ReadOnlySpan<byte> json, int at, int depth) => json[at] switch
    {
        (byte)'{' => WriteObject(json, at, JsonTokens.Deeper(depth)),
        (byte)'[' => WriteArray(json, at, JsonTokens.Deeper(depth)),
        (byte)'"' => WriteString(json, at),
        (byte)'t' or (byte)'f' or (byte)'n' => JsonTokens.EndOfLiteral(json, at),
        _ => WriteNumber(json, at),
    };

    private int WriteNumber(ReadOnlySpan<byte> json, int at)
    {
        int end = JsonTokens.EndOfNumber(json, at);
        if (!PythonNumber.IsWrittenAsReceived(json[at..end]))
        {
            Output.EndRun(at);
            PythonNumber.Write(json[at..end], Output);
            Output.BeginRun(end);
        }

        return end;
    }

    private int WriteString(ReadOnlySpan<byte> json, int at)
    {
        int end = JsonString.EndOf(json, at, out bool isPlain);
        if (!isPlain)
        {
            Output.EndRun(at);
            PythonString.Write(json[(at + 1)..(end - 1)], Output);
            Output.BeginRun(end);
        }

        return end;
    }

    private int WriteArray(ReadOnlySpan<byte> json, int at, int depth)
    {
        int end = ++at;
        for (bool isFirst = true; JsonTokens.MoveNext(json, ref at, isFirst, (byte)']'); isFirst = false)
        {
            WriteBetween(json, end, at, isFirst ? [] : Comma);
            at = end = WriteValue(json, at, depth);
        }

        WriteBetween(json, end, at - 1, []);
        return at;
    }

    private int WriteObject(ReadOnlySpan<byte> json, int at, int depth)
    {
        int end = ++at;
        (int start, int outer, bool isSorted) = (Output.LengthAt(at), _members.Count, true);
        ReadOnlySpan<byte> previous = default;
        for (int place = 0; JsonTokens.MoveNext(json, ref at, place == 0, (byte)'}'); place++)
        {
            WriteBetween(json, end, at, place == 0 ? [] : Comma);
            (int nameStart, int begin) = (at + 1, Output.LengthAt(at));
            end = WriteString(json, at);
            ReadOnlySpan<byte> name = json[nameStart..(end - 1)];
            isSorted = isSorted && (place == 0 || PythonString.Compare(previous, name) < 0);
            at = JsonTokens.NextBehindColon(json, end);
            WriteBetween(json, end, at, Colon);
            at = end = WriteValue(json, at, depth);
            _members.Add(new PythonMember(nameStart, name.Length, begin, Output.LengthAt(end) - begin, place));
            previous = name;
        }

        WriteBetween(json, end, at - 1, []);
        if (!isSorted)
        {
            Output.EndRun(at - 1);
            Arrange(CollectionsMarshal.AsSpan(_members)[outer..], start);
            Output.BeginRun(at - 1);
        }

        CollectionsMarshal.SetCount(_members, outer);
        return at;
    }

    /// <summary>What stands between two tokens, unless it was received as it is to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteBetween(ReadOnlySpan<byte> json, int from, int to, ReadOnlySpan<byte> wanted)
    {
        // One byte can only be the right one, else it would have been refused.
        if (to - from != wanted.Length || (wanted.Length > 1 && !json[from..to].SequenceEqual(wanted)))
        {
            Replace(from, to, wanted);
        }
    }

    private void Replace(int from, int to, ReadOnlySpan<byte> wanted)
    {
        Output.EndRun(from);
        Output.Write(wanted);
        Output.BeginRun(to);
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

        Output.Rewrite(start, distinct, Comma);
    }
}

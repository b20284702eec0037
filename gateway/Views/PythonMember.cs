namespace Gateway.Views;

/// <summary>A member of a JSON object that is being written as a Python <c>dict</c> holds it.</summary>
/// <param name="NameStart">Where its name was received, between its quotes.</param>
/// <param name="NameLength">How many bytes of it were.</param>
/// <param name="Start">Where name and value were written.</param>
/// <param name="Length">How many bytes of them were.</param>
/// <param name="Place">How many came before it.</param>
internal readonly record struct PythonMember(int NameStart, int NameLength, int Start, int Length, int Place)
{
    /// <summary>The largest number of members for which insertion costs less than .NET's sort.</summary>
    private const int Few = 32;

    /// <summary>Sorts by name, and leaves one member for each: the last value in the place of the first.</summary>
    /// <param name="members">In the order received.</param>
    /// <param name="json">What was received.</param>
    public static Span<PythonMember> Distinct(Span<PythonMember> members, ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> received = json.Span;
        if (members.Length <= Few)
        {
            SortFew(members, received);
        }
        else
        {
            members.Sort(new ByName(json));
        }

        int last = -1;
        foreach (PythonMember member in members)
        {
            bool again = last >= 0 && CompareNames(members[last], member, received) == 0;
            int place = again ? members[last].Place : member.Place;
            last += again ? 0 : 1;
            members[last] = member with { Place = place };
        }

        return members[..(last + 1)];
    }

    /// <summary>Sorts by insertion, which leaves those of one name in their order: most of what .NET's sort needs for so few are the calls of its comparer.</summary>
    private static void SortFew(Span<PythonMember> members, ReadOnlySpan<byte> json)
    {
        for (int i = 1; i < members.Length; i++)
        {
            PythonMember member = members[i];
            int place = i;
            for (; place > 0 && CompareNames(members[place - 1], member, json) > 0; place--)
            {
                members[place] = members[place - 1];
            }

            members[place] = member;
        }
    }

    private static int CompareNames(in PythonMember x, in PythonMember y, ReadOnlySpan<byte> json) =>
        PythonString.Compare(json.Slice(x.NameStart, x.NameLength), json.Slice(y.NameStart, y.NameLength));

    private sealed class ByName(ReadOnlyMemory<byte> json) : IComparer<PythonMember>
    {
        public int Compare(PythonMember x, PythonMember y) =>
            CompareNames(x, y, json.Span) is int order and not 0 ? order : x.Place.CompareTo(y.Place);
    }
}

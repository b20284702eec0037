namespace Gateway.Views;

/// <summary>A member of a JSON object that is being written as a Python <c>dict</c> holds it.</summary>
/// <param name="NameStart">Where its name was received, between its quotes.</param>
/// <param name="NameLength">How many bytes of it were.</param>
/// <param name="Start">Where name and value were written.</param>
/// <param name="Length">How many bytes of them were.</param>
/// <param name="Place">How many came before it.</param>
internal readonly record struct PythonMember(int NameStart, int NameLength, int Start, int Length, int Place)
{
    /// <summary>Sorts by name, and leaves one member for each: the last value in the place of the first.</summary>
    /// <param name="members">In the order received.</param>
    /// <param name="json">What was received.</param>
    public static Span<PythonMember> Distinct(Span<PythonMember> members, ReadOnlyMemory<byte> json)
    {
        var byName = new ByName(json);
        members.Sort(byName);
        int last = -1;
        foreach (PythonMember member in members)
        {
            bool again = last >= 0 && byName.HaveOneName(members[last], member);
            int place = again ? members[last].Place : member.Place;
            last += again ? 0 : 1;
            members[last] = member with { Place = place };
        }

        return members[..(last + 1)];
    }

    private readonly struct ByName(ReadOnlyMemory<byte> json) : IComparer<PythonMember>
    {
        public int Compare(PythonMember x, PythonMember y) => CompareNames(x, y) is int order and not 0 ? order : x.Place.CompareTo(y.Place);

        public bool HaveOneName(PythonMember x, PythonMember y) => CompareNames(x, y) == 0;

        private int CompareNames(PythonMember x, PythonMember y) => PythonString.Compare(NameOf(x), NameOf(y));

        private ReadOnlySpan<byte> NameOf(PythonMember member) => json.Span.Slice(member.NameStart, member.NameLength);
    }
}

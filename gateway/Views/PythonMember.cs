using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>A member of a JSON object as a Python <c>dict</c> holds it.</summary>
internal readonly record struct PythonMember(JsonProperty Property, int Place)
{
    /// <summary>The name as it was received, between its quotes.</summary>
    public ReadOnlySpan<byte> Name => JsonMarshal.GetRawUtf8PropertyName(Property);

    /// <summary>Whether the names came sorted, each once: then there is nothing to arrange, in either style.</summary>
    public static bool AreSorted(JsonElement value)
    {
        ReadOnlySpan<byte> before = default;
        bool isFirst = true;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            ReadOnlySpan<byte> name = JsonMarshal.GetRawUtf8PropertyName(property);
            if (!isFirst && PythonString.Compare(before, name) >= 0)
            {
                return false;
            }

            before = name;
            isFirst = false;
        }

        return true;
    }

    /// <summary>One member per name, the last value in the place of the first; sorted by name unless the order received is wanted.</summary>
    public static Span<PythonMember> Of(JsonElement value, bool inOrderReceived)
    {
        PythonMember[] members = new PythonMember[value.GetPropertyCount()];
        int count = 0;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            members[count] = new PythonMember(property, count);
            count++;
        }

        Array.Sort(members, static (left, right) => left.CompareTo(right));
        Span<PythonMember> distinct = members.AsSpan(0, Merge(members));
        if (inOrderReceived)
        {
            distinct.Sort(static (left, right) => left.Place.CompareTo(right.Place));
        }

        return distinct;
    }

    private static int Merge(Span<PythonMember> sorted)
    {
        int last = -1;
        foreach (PythonMember member in sorted)
        {
            bool again = last >= 0 && PythonString.Compare(sorted[last].Name, member.Name) == 0;
            int place = again ? sorted[last].Place : member.Place;
            last += again ? 0 : 1;
            sorted[last] = new PythonMember(member.Property, place);
        }

        return last + 1;
    }

    private int CompareTo(PythonMember other) =>
        PythonString.Compare(Name, other.Name) is int order and not 0 ? order : Place.CompareTo(other.Place);
}

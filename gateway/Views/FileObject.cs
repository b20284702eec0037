using System.Text.Json;

namespace Gateway.Views;

/// <summary>
/// An object of views.json under a strict reader: what is missing, of another kind or unknown becomes a sentence that names its place, and reading goes
/// on, so that all problems are said at once.
/// </summary>
internal sealed class FileObject(JsonElement value, string place, List<string> problems)
{
    private readonly List<string> _known = [];

    public string Place => place;

    public List<string> Problems => problems;

    /// <summary>The member's value; null where it is absent or null.</summary>
    public JsonElement? Take(string name)
    {
        _known.Add(name);
        return value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? member : null;
    }

    public string? Text(string name, bool required = false)
    {
        JsonElement? member = Take(name);
        if (required && (member is null || member is { ValueKind: JsonValueKind.String } text && text.ValueEquals("")))
        {
            Refuse(name, "is required.");
        }

        return OfKind(name, member, "a text", JsonValueKind.String)?.GetString();
    }

    public bool Flag(string name) => OfKind(name, Take(name), "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? false;

    public int? Number(string name, int least, int most)
    {
        if (Take(name) is not { } member)
        {
            return null;
        }

        if (member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out int number) && number >= least && number <= most)
        {
            return number;
        }

        Refuse(name, $"must be a whole number between {least} and {most}.");
        return null;
    }

    public decimal? Decimal(string name)
    {
        if (OfKind(name, Take(name), "a number", JsonValueKind.Number) is not { } member)
        {
            return null;
        }

        if (member.TryGetDecimal(out decimal value))
        {
            return value;
        }

        Refuse(name, "must be a number of at most 28 digits.");
        return null;
    }

    /// <summary>One of some words; the first where the member is absent.</summary>
    public TWord Word<TWord>(string name)
        where TWord : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return default;
        }

        string[] words = [.. Enum.GetNames<TWord>().Select(static word => char.ToLowerInvariant(word[0]) + word[1..])];
        int place = Array.IndexOf(words, text);
        if (place < 0)
        {
            Refuse(name, $"must be one of {string.Join(", ", words)}.");
            return default;
        }

        return Enum.GetValues<TWord>()[place];
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        if (OfKind(name, Take(name), "a list of texts", JsonValueKind.Array) is not { } list)
        {
            return null;
        }

        if (list.GetArrayLength() > 0 && list.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String))
        {
            return [.. list.EnumerateArray().Select(static item => item.GetString()!)];
        }

        Refuse(name, "must be a list of texts with at least one in it.");
        return null;
    }

    public FileObject? Object(string name) =>
        OfKind(name, Take(name), "an object", JsonValueKind.Object) is { } member ? new FileObject(member, $"{place}.{name}", problems) : null;

    /// <summary>Objects by names that the operator gives.</summary>
    public IEnumerable<(string Name, FileObject Value)> Entries()
    {
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (OfKind(member.Name, member.Value, "an object", JsonValueKind.Object) is { } entry)
            {
                yield return (member.Name, new FileObject(entry, $"{place}.{member.Name}", problems));
            }
        }
    }

    public void Refuse(string name, string sentence) => problems.Add($"{place}.{name}: {sentence}");

    public void Refuse(string sentence) => problems.Add($"{place}: {sentence}");

    /// <summary>Refuses the members that nobody asked for.</summary>
    public void Close()
    {
        foreach (JsonProperty member in value.EnumerateObject().Where(member => !_known.Contains(member.Name)))
        {
            Refuse(member.Name, $"there is no such key; {place} has {string.Join(", ", _known.Distinct())}.");
        }
    }

    private JsonElement? OfKind(string name, JsonElement? member, string wanted, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (member is null || kinds.Contains(member.Value.ValueKind))
        {
            return member;
        }

        Refuse(name, $"must be {wanted}.");
        return null;
    }
}

namespace Gateway.Configuration;

/// <summary>What is said of a key that would else be passed over, or has something that it cannot have.</summary>
internal static class WrongKey
{
    /// <summary>Whether one of these sentences is about the key already, or about a part of it.</summary>
    public static bool IsNamedIn(List<string> problems, string key) =>
        problems.Exists(problem => problem.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    public static string Unknown(IConfigurationSection key, IEnumerable<string> known) =>
        $"{key.Path}: there is no such setting; here are {string.Join(", ", known)}.";

    public static string WrongValue(IConfigurationSection key, string wanted) => $"{key.Path}: the value is not {wanted}.";

    public static string ValueForSection(IConfigurationSection key) => $"{key.Path}: has a value, where a section is wanted.";

    public static string SectionForValue(IConfigurationSection key) => $"{key.Path}: one value is wanted here, not a section.";
}

namespace Gateway.Configuration;

/// <summary>What is said of a key in a framework's section that the framework would pass over.</summary>
internal static class UnknownKey
{
    public static string Sentence(IConfigurationSection key, IEnumerable<string> known) =>
        $"{key.Path}: there is no such setting; here are {string.Join(", ", known)}.";
}

namespace Gateway.Configuration;

/// <summary>The configuration cannot be used: one sentence per problem, each naming its key or file.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}

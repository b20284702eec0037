using System.Text.Json;

namespace Gateway.Configuration;

/// <summary>The configuration cannot be used: one sentence per problem, each naming its key or file.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <summary>Of a file that the framework reads, which says in the first place that it could not, and only then why.</summary>
    public static ConfigurationException Of(InvalidDataException broken)
    {
        string reason = broken.GetBaseException() is JsonException json ? JsonProblem.Of(json) : broken.InnerException?.Message ?? "";
        return new ConfigurationException([$"{broken.Message} {reason}".Trim().ReplaceLineEndings(" ")]);
    }
}

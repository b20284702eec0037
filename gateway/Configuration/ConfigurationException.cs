using System.Text.Json;

namespace Gateway.Configuration;

/// <summary>The configuration cannot be used: one sentence per problem, each naming its key or file.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <summary>Makes one of the exception of a file that the framework could not read, which says why only in its inner exception.</summary>
    public static ConfigurationException Of(InvalidDataException broken)
    {
        string reason = broken.GetBaseException() is JsonException json ? JsonProblem.Of(json) : broken.InnerException?.Message ?? "";
        return new ConfigurationException([$"{broken.Message} {reason}".Trim().ReplaceLineEndings(" ")]);
    }
}

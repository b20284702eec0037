using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Tests.Configuration;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>An event of the log that stands on the README's list.</summary>
public sealed partial record KnownEvent(int Id, LogLevel Level, string Category)
{
    public static IReadOnlySet<KnownEvent> All { get; } =
        Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")))
            .SelectMany(static row => row.Groups[3].Captures, static (row, category) =>
                new KnownEvent(int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture), Enum.Parse<LogLevel>(row.Groups[2].Value), category.Value))
            .ToHashSet();

    [GeneratedRegex(@"^\| (\d+) \| (\w+) \| (?:`([\w.]+)`(?:, )?)+ \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}

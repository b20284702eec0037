using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;

namespace Gateway.Configuration;

/// <summary>Finds in the frameworks' section <c>Logging</c> what would end the start with an exception, or be passed over.</summary>
internal static class LoggingKeys
{
    public const string Section = "Logging";

    /// <summary>The framework's providers, and OpenTelemetry's.</summary>
    private static readonly string[] _known =
    [
        "LogLevel", "Console", "Debug", "EventSource", "EventLog", "OpenTelemetry",
        nameof(LoggerFilterOptions.CaptureScopes), nameof(LoggerFilterOptions.MinLevel),
    ];

    private static readonly string[] _sections = ["LogLevel", "Console", "Console:LogLevel", "Console:FormatterOptions"];
    private static readonly string[] _formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json, ConsoleFormatterNames.Systemd];

    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        IConfigurationSection logging = configuration.GetSection(Section);
        return
        [
            .. UnknownKeys(logging), .. ValuesForSections(logging), .. UnknownLevels(logging), .. OfConsole(logging.GetSection("Console")),
            .. OfOptions(logging.GetSection("OpenTelemetry"), new OpenTelemetryLoggerOptions()), .. OfOptions(logging, new LoggerFilterOptions()),
        ];
    }

    private static IEnumerable<string> UnknownKeys(IConfigurationSection logging) =>
        from key in logging.GetChildren()
        // A provider can be named by its type too, whose namespaces have dots.
        where !_known.Contains(key.Key, StringComparer.OrdinalIgnoreCase) && !key.Key.Contains('.')
        select WrongKey.Unknown(key, _known);

    private static IEnumerable<string> ValuesForSections(IConfigurationSection logging) =>
        from section in _sections.Select(logging.GetSection)
        where !string.IsNullOrEmpty(section.Value)
        select WrongKey.ValueForSection(section);

    /// <summary>Finds the wrong levels of <c>Logging:LogLevel</c>, and of <c>Logging:Console:LogLevel</c> and its like.</summary>
    private static IEnumerable<string> UnknownLevels(IConfigurationSection logging) =>
        from levels in logging.GetChildren().Select(static provider => provider.GetSection("LogLevel")).Append(logging.GetSection("LogLevel"))
        from level in levels.GetChildren()
        where !string.IsNullOrEmpty(level.Value) && !Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _)
        select $"{level.Path}: the value is not one of {string.Join(", ", Enum.GetNames<LogLevel>())}.";

    /// <summary>ASP.NET Core makes every formatter, whichever of them it then uses.</summary>
    private static IEnumerable<string> OfConsole(IConfigurationSection console)
    {
        IConfigurationSection formatter = console.GetSection("FormatterOptions");
        string? name = console["FormatterName"];
        return
        [
            .. OfOptions(console, new ConsoleLoggerOptions()),
            .. OfOptions(formatter, new SimpleConsoleFormatterOptions()),
            .. OfOptions(formatter, new JsonConsoleFormatterOptions()),
            .. string.IsNullOrEmpty(name) || _formatters.Contains(name, StringComparer.OrdinalIgnoreCase)
                ? Array.Empty<string>()
                : [$"{console.Path}:FormatterName: the value is not one of {string.Join(", ", _formatters)}."],
        ];
    }

    /// <summary>What the framework reads into such options, and cannot.</summary>
    private static IEnumerable<string> OfOptions(IConfigurationSection section, object options) =>
        from child in section.GetChildren()
        let property = options.GetType().GetProperty(child.Key, BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase)
        where property is not null
        from problem in IsOfText(property.PropertyType) ? OfValue(child, property, options)
            : property.GetValue(options) is { } inner ? OfOptions(child, inner)
            : []
        select problem;

    private static bool IsOfText(Type type) => type.IsEnum || type == typeof(bool) || type == typeof(int) || type == typeof(char) || type == typeof(string);

    private static IEnumerable<string> OfValue(IConfigurationSection setting, PropertyInfo property, object options)
    {
        if (setting.GetChildren().Any())
        {
            yield return WrongKey.SectionForValue(setting);
        }
        else if (string.IsNullOrEmpty(setting.Value))
        {
            yield break;
        }
        else if (!SettingsValue.TryRead(setting.Value, property.PropertyType, out object? value, out string wanted))
        {
            yield return WrongKey.WrongValue(setting, wanted);
        }
        else if (!Takes(property, options, value))
        {
            yield return $"{setting.Path}: the value is out of range.";
        }
        else if (property.Name == nameof(ConsoleFormatterOptions.TimestampFormat) && !IsTimestampFormat(setting.Value))
        {
            yield return $"{setting.Path}: the value is no format of a date and time.";
        }
    }

    private static bool Takes(PropertyInfo property, object options, object? value)
    {
        try
        {
            property.SetValue(options, value);
            return true;
        }
        catch (TargetInvocationException)
        {
            return false;
        }
    }

    private static bool IsTimestampFormat(string? format)
    {
        try
        {
            _ = DateTimeOffset.UnixEpoch.ToString(format, CultureInfo.InvariantCulture);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

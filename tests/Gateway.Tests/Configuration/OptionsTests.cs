using System.Collections;
using System.Reflection;
using System.Text.Json;
using Gateway.Configuration;
using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Configuration;

/// <summary>Each option of each feature can be found by an operator: in the shipped settings, with its default, in the schema, and in the README.</summary>
public sealed class OptionsTests
{
    /// <summary>All options classes of the gateway with a fixed set of keys, found by their name, so that a new one cannot be forgotten.</summary>
    public static TheoryData<string, string> Keys { get; } =
    [
        .. from type in typeof(Program).Assembly.GetTypes()
           let section = type.GetField("Section")?.GetRawConstantValue() as string
           where type.Name.EndsWith("Options", StringComparison.Ordinal) && section is not null && !typeof(IDictionary).IsAssignableFrom(type)
           from property in type.GetProperties()
           select new TheoryDataRow<string, string>(section, property.Name),
    ];

    [Fact]
    public void All_six_sections_with_fixed_keys_are_found() =>
        Assert.Equal(
            ["Admin", "Draining", "Elasticsearch", "Inspect", "Legacy", "Tracing"],
            Keys.Select(static row => row.Data.Item1).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_option_is_shipped_with_the_default_that_its_class_has(string section, string key)
    {
        object read = New(section);
        IConfigurationRoot shipped = new ConfigurationBuilder().AddJsonFile(Repository.Settings).Build();
        Assert.Contains(shipped.GetSection(section).GetChildren(), child => child.Key == key);

        // Required keys have no default, and are missed; only values are compared here.
        SettingsReader.Read(shipped.GetSection(section), read);

        PropertyInfo property = read.GetType().GetProperty(key)!;
        Assert.Equal(property.GetValue(New(section)), property.GetValue(read));
        if (shipped[$"{section}:{key}"] is { Length: > 0 } text && property.PropertyType == typeof(TimeSpan))
        {
            Assert.Equal(text, DurationText((TimeSpan)property.GetValue(read)!));
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_option_stands_in_the_schema(string section, string key)
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Schema));

        JsonElement entry = schema.RootElement.GetProperty("properties").GetProperty(section).GetProperty("properties").GetProperty(key);

        Assert.True(entry.TryGetProperty("description", out _));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_option_stands_in_the_readme(string section, string key)
    {
        string readme = Path.Combine(Repository.Root, "README.md");
        Assert.True(File.Exists(readme), "There is no README.md.");

        string[] lines = File.ReadAllLines(readme);

        Assert.True(
            lines.Any(line => line.Contains($"{section}:{key}", StringComparison.Ordinal)
                || (line.StartsWith('|') && line.Contains($"`{key}`", StringComparison.Ordinal))),
            $"README.md names neither {section}:{key} nor `{key}` in a table.");
    }

    private static object New(string section) => Activator.CreateInstance(
        typeof(Program).Assembly.GetTypes().Single(type => type.GetField("Section")?.GetRawConstantValue() as string == section))!;

    /// <summary>Without zeros at the end of the fraction, as the shipped file writes it.</summary>
    private static string DurationText(TimeSpan duration) =>
        duration.Milliseconds == 0 ? duration.ToString("c") : duration.ToString("c").TrimEnd('0');
}

using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Legacy;
using Gateway.Views;
using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Configuration;

/// <summary>
/// Each option of each feature can be found by an operator: in the shipped settings with its default, in the schema, and in the README.
/// </summary>
public sealed class OptionsTests
{
    /// <summary>The pattern of all durations.</summary>
    private const string Duration = @"^([0-9]{1,7}\.)?([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]{1,7})?$";

    /// <summary>All options classes with a fixed set of keys, found by their name, so that a new one cannot be forgotten.</summary>
    public static TheoryData<string, string> Keys { get; } =
    [
        .. from type in typeof(Program).Assembly.GetTypes()
           let section = type.GetField("Section")?.GetRawConstantValue() as string
           where type.Name.EndsWith("Options", StringComparison.Ordinal) && section is not null
           where !typeof(IDictionary).IsAssignableFrom(type)
           from property in type.GetProperties()
           select new TheoryDataRow<string, string>(section, property.Name),
    ];

    [Fact]
    public void All_eight_sections_with_fixed_keys_are_found() =>
        Assert.Equal(
            ["Admin", "Draining", "Elasticsearch", "Guard", "Inspect", "Legacy", "Tls", "Tracing"],
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
    public void The_limits_of_an_option_in_the_schema_are_those_of_its_class(string section, string key)
    {
        PropertyInfo property = New(section).GetType().GetProperty(key)!;
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Schema));
        JsonElement entry = schema.RootElement.GetProperty("properties").GetProperty(section).GetProperty("properties").GetProperty(key);

        Agree(property, entry);
    }

    [Fact]
    public void A_view_has_the_same_keys_and_limits_in_the_schema()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Schema));
        JsonElement view = schema.RootElement.GetProperty("definitions").GetProperty("view").GetProperty("properties");

        Assert.Equal(typeof(ViewOptions).GetProperties().Select(static p => p.Name), view.EnumerateObject().Select(static p => p.Name));
        Assert.All(typeof(ViewOptions).GetProperties(), property => Agree(property, view.GetProperty(property.Name)));
    }

    [Fact]
    public void The_options_of_a_cluster_have_the_same_keys_limits_and_defaults_in_the_schema()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Schema));
        JsonElement exchange = schema.RootElement.GetProperty("definitions").GetProperty("exchange").GetProperty("properties");
        PropertyInfo[] properties = typeof(ExchangeOptions).GetProperties();

        Assert.Equal(properties.Select(static p => p.Name), exchange.EnumerateObject().Select(static p => p.Name));
        Assert.All(properties, property => Agree(property, exchange.GetProperty(property.Name)));
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Repository.Settings));
        JsonElement legacy = settings.RootElement.GetProperty("Legacy");
        Assert.All(properties, property => Assert.True(JsonElement.DeepEquals(legacy.GetProperty(property.Name), exchange.GetProperty(property.Name).GetProperty("default"))));
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

    private static void Agree(PropertyInfo property, JsonElement entry)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.GetCustomAttribute<RangeAttribute>() is { Minimum: int least } range)
        {
            Assert.Equal((least, range.Maximum), (entry.GetProperty("minimum").GetInt32(), entry.GetProperty("maximum").GetInt32()));
        }

        if (property.GetCustomAttribute<RegularExpressionAttribute>() is { } expression)
        {
            Assert.Equal(expression.Pattern, entry.GetProperty("pattern").GetString());
        }

        if (type.IsEnum)
        {
            Assert.Equal(
                Enum.GetNames(type).Select(static name => name.ToLowerInvariant()),
                entry.GetProperty("enum").EnumerateArray().Select(static word => word.GetString()).OfType<string>());
        }

        Assert.Equal(type == typeof(TimeSpan), entry.TryGetProperty("pattern", out JsonElement pattern) && pattern.GetString() == Duration);
    }

    private static object New(string section) => Activator.CreateInstance(
        typeof(Program).Assembly.GetTypes().Single(type => type.GetField("Section")?.GetRawConstantValue() as string == section))!;

    /// <summary>Without zeros at the end of the fraction, as the shipped file writes it.</summary>
    private static string DurationText(TimeSpan duration) =>
        duration.Milliseconds == 0 ? duration.ToString("c") : duration.ToString("c").TrimEnd('0');
}

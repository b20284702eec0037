using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Gateway.Configuration;

/// <summary>
/// Reads a section into an options object. Stricter than the framework's binder, which ignores unknown keys and answers a malformed
/// value with an exception of several lines; and it never repeats a value, which may be a secret.
/// </summary>
internal static class SettingsReader
{
    /// <summary>Fills <paramref name="options"/> and returns what is wrong, a sentence each. A null or empty value leaves the default.</summary>
    public static IReadOnlyList<string> Read(IConfigurationSection section, object options)
    {
        List<string> problems = [];
        if (options is IDictionary entries)
        {
            FillDictionary(section, entries, options.GetType().BaseType!.GetGenericArguments()[1], problems);
        }
        else
        {
            Fill(section, options, problems);
        }

        // A key whose value could not be read has its default, of which a rule says nothing.
        IEnumerable<string> broken =
            from rule in Validate(section.Path, options)
            where !rule.Keys.Any(key => WrongKey.IsNamedIn(problems, key))
            select rule.Sentence;
        return [.. problems, .. broken];
    }

    private static void Fill(IConfigurationSection section, object options, List<string> problems)
    {
        PropertyInfo[] properties = Properties(options);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            PropertyInfo? property = Array.Find(properties, p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                problems.Add(WrongKey.Unknown(child, properties.Select(static p => p.Name)));
                continue;
            }

            FillProperty(child, options, property, problems);
        }
    }

    private static PropertyInfo[] Properties(object options) => options.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public);

    private static void FillProperty(IConfigurationSection section, object options, PropertyInfo property, List<string> problems)
    {
        if (property.GetValue(options) is IList items)
        {
            FillList(section, items, property.PropertyType.GetGenericArguments()[0], problems);
        }
        else if (section.GetChildren().Any())
        {
            problems.Add(WrongKey.SectionForValue(section));
        }
        else if (!string.IsNullOrEmpty(section.Value))
        {
            Store(section, property.PropertyType, value => property.SetValue(options, value), problems);
        }
    }

    private static void FillList(IConfigurationSection section, IList items, Type type, List<string> problems)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            problems.Add($"{section.Path}: a list is wanted here ({section.Path}:0, {section.Path}:1, …).");
        }

        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                problems.Add($"{child.Path}: a list is wanted here ({section.Path}:0, {section.Path}:1, …).");
            }
            else if (child.GetChildren().Any())
            {
                problems.Add(WrongKey.SectionForValue(child));
            }
            else if (!string.IsNullOrEmpty(child.Value))
            {
                Store(child, type, value => items.Add(value), problems);
            }
        }
    }

    private static void FillDictionary(IConfigurationSection section, IDictionary entries, Type type, List<string> problems)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!string.IsNullOrEmpty(child.Value))
            {
                problems.Add(WrongKey.ValueForSection(child));
                continue;
            }

            object entry = entries[child.Key] ?? Activator.CreateInstance(type)!;
            Fill(child, entry, problems);
            entries[child.Key] = entry;
        }
    }

    private static void Store(IConfigurationSection section, Type type, Action<object> store, List<string> problems)
    {
        if (SettingsValue.TryRead(section.Value!, Nullable.GetUnderlyingType(type) ?? type, out object? value, out string wanted))
        {
            store(value);
        }
        else
        {
            problems.Add(WrongKey.WrongValue(section, wanted));
        }
    }

    /// <summary>What is wrong with the values, and the keys that this is a rule about; the sentence names the first of them.</summary>
    private static IEnumerable<(string[] Keys, string Sentence)> Validate(string path, object options)
    {
        if (options is IDictionary entries)
        {
            return entries.Keys.Cast<object>().SelectMany(key => Validate($"{path}:{key}", entries[key]!));
        }

        List<ValidationResult> results = [];
        foreach (PropertyInfo property in Properties(options))
        {
            Validator.TryValidateProperty(property.GetValue(options), new ValidationContext(options) { MemberName = property.Name }, results);
        }

        // .NET's validation of a whole object leaves this out where a property is wrong.
        results.AddRange(options is IValidatableObject several ? several.Validate(new ValidationContext(options)) : []);
        return results.Select(result =>
        {
            string[] keys = [.. result.MemberNames.Select(name => $"{path}:{name}")];
            return (keys, $"{keys[0]}: {result.ErrorMessage}");
        });
    }
}

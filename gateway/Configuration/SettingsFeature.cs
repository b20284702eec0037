using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Configuration;

/// <summary>
/// The strict way from the configuration to a feature's options: whatever is unknown, malformed or out of range is collected as a
/// sentence that names its key, and <see cref="BuildChecked"/> refuses to build with any of them.
/// </summary>
internal static class SettingsFeature
{
    /// <summary>Top-level keys of the frameworks, allowed in our files beside our own sections.</summary>
    private static readonly string[] _frameworks = ["Kestrel", "ReverseProxy", LoggingKeys.Section, "AllowedHosts", "$schema"];

    /// <summary>ASP.NET Core's, as it has them on the command line.</summary>
    private static readonly string[] _optionsOfOneWord =
    [
        HostDefaults.ApplicationKey, HostDefaults.EnvironmentKey, HostDefaults.ContentRootKey,
        WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey, WebHostDefaults.WebRootKey,
        WebHostDefaults.DetailedErrorsKey, WebHostDefaults.CaptureStartupErrorsKey, WebHostDefaults.ShutdownTimeoutKey,
        WebHostDefaults.SuppressStatusMessagesKey, WebHostDefaults.PreferHostingUrlsKey, WebHostDefaults.PreventHostingStartupKey,
        WebHostDefaults.HostingStartupAssembliesKey, WebHostDefaults.HostingStartupExcludeAssembliesKey, WebHostDefaults.StaticWebAssetsKey,
    ];

    /// <summary>Binds the section to new options, registers them for injection, and remembers what is wrong with them.</summary>
    /// <param name="builder">The application's.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="check">Says what is wrong with options beyond what they say themselves, a sentence each.</param>
    public static TOptions AddSettings<TOptions>(this WebApplicationBuilder builder, string section, Func<TOptions, IEnumerable<string>>? check = null)
        where TOptions : class, new()
    {
        builder.Problems().Sections.Add(section);
        TOptions options = builder.ReadChecked((configuration, problems) =>
        {
            var read = new TOptions();
            problems.AddRange(SettingsReader.Read(configuration.GetSection(section), read));
            problems.AddRange(check?.Invoke(read) ?? []);
            return read;
        });
        builder.Services.AddSingleton(options);
        return options;
    }

    /// <summary>
    /// Reads something of the configuration, and remembers what is wrong with it, a sentence each; whenever the configuration's files have changed, they are held
    /// to the same.
    /// </summary>
    public static T ReadChecked<T>(this WebApplicationBuilder builder, Func<IConfigurationRoot, List<string>, T> read)
    {
        builder.Problems().Checks.Add((configuration, problems) => read(configuration, problems));
        return read(builder.Configuration, builder.Problems().Sentences);
    }

    /// <summary>The same for what is only held to something, and made nothing of.</summary>
    public static void AddCheck(this WebApplicationBuilder builder, Func<IConfigurationRoot, IEnumerable<string>> check) =>
        builder.ReadChecked<object?>((configuration, problems) =>
        {
            problems.AddRange(check(configuration));
            return null;
        });

    /// <summary>Looks at these files for as long as the gateway runs.</summary>
    public static void AddWatchedFiles(this WebApplicationBuilder builder, Func<IServiceProvider, TimeProvider, WatchedFiles> create)
    {
        builder.Services.AddSingleton(services => create(services, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<FileWatch>();
    }

    /// <summary>Remembers a problem of something that does not change while the gateway runs, or is looked at by a feature of its own.</summary>
    public static void AddProblem(this WebApplicationBuilder builder, string sentence) => builder.Problems().Sentences.Add(sentence);

    /// <summary>Builds the application.</summary>
    /// <exception cref="ConfigurationException">Some setting is unknown or wrong; it has all of them.</exception>
    public static WebApplication BuildChecked(this WebApplicationBuilder builder)
    {
        ConfigurationProblems problems = builder.Problems();
        List<string> sentences = [.. OfSections(builder.Configuration, problems.Sections).Concat(problems.Sentences).Distinct()];
        return sentences.Count == 0 ? builder.Build() : throw new ConfigurationException(sentences);
    }

    /// <summary>The configuration's files from now on, held to what all features so far have asked for; called when the last one has.</summary>
    public static LiveConfiguration LiveConfiguration(this WebApplicationBuilder builder)
    {
        ConfigurationProblems problems = builder.Problems();
        return new LiveConfiguration(builder.Configuration, configuration =>
        {
            List<string> sentences = [.. OfSections(configuration, problems.Sections)];
            problems.Checks.ForEach(check => check(configuration, sentences));
            return [.. sentences.Distinct()];
        });
    }

    private static IEnumerable<string> OfSections(IConfigurationRoot configuration, HashSet<string> ours) =>
        [.. UnknownSections(configuration, ours), .. ValuesForSections(configuration, ours), .. LoggingKeys.Problems(configuration)];

    /// <summary>Files and the command line are held to this: the environment has many variables that are not ours.</summary>
    private static IEnumerable<string> UnknownSections(IConfigurationRoot configuration, HashSet<string> ours) =>
        from provider in configuration.Providers
        let place = PlaceOf(provider)
        where place is not null
        from key in provider.GetChildKeys([], null).Distinct()
        where !ours.Contains(key) && !_frameworks.Contains(key, StringComparer.OrdinalIgnoreCase)
        where provider is JsonConfigurationProvider || !_optionsOfOneWord.Contains(key, StringComparer.OrdinalIgnoreCase)
        select $"{key}: {place} has something of this name, which nothing reads; known are {string.Join(", ", ours.Concat(_frameworks))}.";

    private static string? PlaceOf(IConfigurationProvider provider) => provider switch
    {
        JsonConfigurationProvider file => file.Source.Path,
        CommandLineConfigurationProvider => "the command line",
        _ => null,
    };

    /// <summary>A variable of the environment may have a section's name by chance; a key in a file or an option has not.</summary>
    private static IEnumerable<string> ValuesForSections(IConfigurationRoot configuration, HashSet<string> ours) =>
        from provider in configuration.Providers
        let place = PlaceOf(provider)
        where place is not null
        from section in ours.Append("Kestrel").Append("ReverseProxy").Append(LoggingKeys.Section)
        where provider.TryGet(section, out string? value) && !string.IsNullOrEmpty(value)
        select $"{section}: {place} has a value of this name, where a section is wanted.";

    private static ConfigurationProblems Problems(this IHostApplicationBuilder builder)
    {
        if (!builder.Properties.TryGetValue(typeof(ConfigurationProblems), out object? problems))
        {
            builder.Properties[typeof(ConfigurationProblems)] = problems = new ConfigurationProblems();
        }

        return (ConfigurationProblems)problems;
    }

    private sealed class ConfigurationProblems
    {
        public HashSet<string> Sections { get; } = new(StringComparer.OrdinalIgnoreCase);

        public List<string> Sentences { get; } = [];

        /// <summary>What is said of a configuration that comes later.</summary>
        public List<Action<IConfigurationRoot, List<string>>> Checks { get; } = [];
    }
}

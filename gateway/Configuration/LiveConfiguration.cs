using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace Gateway.Configuration;

/// <summary>
/// The configuration as a start would read it now: the layers of the process with the folder's files of this moment. The configuration that the
/// features were given at the start stays as it was, since most of what is made of it cannot change.
/// </summary>
internal sealed class LiveConfiguration
{
    private readonly string? _folder = ConfigurationFolder.Find();
    private readonly IReadOnlyList<IConfigurationSource> _sources;
    private readonly Func<IConfigurationRoot, IReadOnlyList<string>> _check;

    /// <param name="builder">Its sources are complete.</param>
    /// <param name="check">Says what is wrong with a configuration, a sentence each.</param>
    public LiveConfiguration(IConfigurationBuilder builder, Func<IConfigurationRoot, IReadOnlyList<string>> check)
    {
        _sources = [.. builder.Sources.Select(FromNowOn)];
        _check = check;
        Running = new FilesFound([.. _sources.OfType<FolderFile>().Select(static file => (file.Path, file.Bytes))]);
    }

    /// <summary>The folder's files as they were at the start.</summary>
    public FilesFound Running { get; }

    /// <summary>The folder's files as they are now.</summary>
    public FilesFound Read() => ConfigurationFolder.Read(_folder);

    /// <summary>The whole configuration with these files.</summary>
    /// <exception cref="ConfigurationException">A start would refuse it; it has all problems.</exception>
    public IConfigurationRoot Load(FilesFound found)
    {
        var builder = new ConfigurationBuilder();
        int place = Layers.PlaceOfFolder(_sources);
        foreach (IConfigurationSource source in _sources.Take(place)
            .Concat(found.Files.Select(static file => new FolderFile(file.Path, file.Bytes)))
            .Concat(_sources.Skip(place).Where(static source => source is not FolderFile)))
        {
            builder.Add(source);
        }

        IConfigurationRoot configuration;
        try
        {
            configuration = builder.Build();
        }
        catch (InvalidDataException broken)
        {
            // The shipped files are read again each time.
            throw ConfigurationException.Of(broken);
        }

        IReadOnlyList<string> problems = _check(configuration);
        return problems.Count == 0 ? configuration : throw new ConfigurationException(problems);
    }

    /// <summary>The sections of the first level in which two configurations differ.</summary>
    public static IReadOnlyList<string> Differences(IConfiguration one, IConfiguration other) =>
    [
        .. Values(one).Except(Values(other)).Concat(Values(other).Except(Values(one)))
            .Select(static value => value.Key.Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<KeyValuePair<string, string?>> Values(IConfiguration configuration) =>
        configuration.AsEnumerable().Where(static value => value.Value is not null);

    /// <summary>
    /// Nothing that is built of these sources is tied to what lives on: the shipped files would be watched by each configuration, and each
    /// would be told of changes in one that it is chained to, and so be kept.
    /// </summary>
    private static IConfigurationSource FromNowOn(IConfigurationSource source) => source switch
    {
        JsonConfigurationSource { Path: { } path } file =>
            new JsonConfigurationSource { Path = path, FileProvider = file.FileProvider, Optional = file.Optional, ReloadOnChange = false },
        ChainedConfigurationSource { Configuration: { } chained } => new MemoryConfigurationSource { InitialData = [.. Values(chained)] },
        _ => source,
    };
}

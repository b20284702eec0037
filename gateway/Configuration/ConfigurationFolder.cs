namespace Gateway.Configuration;

/// <summary>The folder that an operator edits.</summary>
internal static class ConfigurationFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "GATEWAY_CONFIG";

    /// <summary>The file that is no layer but read by the loader of the views, since IConfiguration loses numbers, nulls and empty objects.</summary>
    public const string Views = "views.json";

    /// <summary>Hidden are files that an editor is just writing.</summary>
    private static readonly EnumerationOptions _visible =
        new() { AttributesToSkip = FileAttributes.Hidden, MatchCasing = MatchCasing.CaseInsensitive, IgnoreInaccessible = false };

    /// <summary>
    /// What <see cref="Variable"/> names (it must exist then), else the repository's own <c>config/</c> where the executable lies
    /// inside the repository, so that an edit takes effect without a build, else <c>config/</c> beside the executable, else none.
    /// </summary>
    public static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named)
                ? Path.GetFullPath(named)
                : throw new ConfigurationException([$"{Variable}: the folder '{named}' does not exist."]);
        }

        string beside = Path.Combine(AppContext.BaseDirectory, "config");
        return OfRepository() ?? (Directory.Exists(beside) ? beside : null);
    }

    /// <summary>The files that are layers, in the order of their names: later ones win. None where the folder is not there.</summary>
    public static FilesFound Read(string? folder)
    {
        try
        {
            string[] files = folder is null ? [] : [.. Directory.EnumerateFiles(folder, "*.json", _visible).Order(StringComparer.Ordinal)];
            return Array.Find(files, IsMisspelt) is { } misspelt
                ? new FilesFound([], $"{misspelt}: is not read: the file of the views is {Views}, in small letters.")
                : FilesFound.Read(files.Where(static file => !file.EndsWith(".schema.json", StringComparison.OrdinalIgnoreCase) && !IsViews(file)));
        }
        catch (DirectoryNotFoundException)
        {
            return FilesFound.None;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new FilesFound([], $"{folder}: cannot be read: {unreadable.Message}");
        }
    }

    private static bool IsViews(string file) => Path.GetFileName(file).Equals(Views, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where case matters, a file of that name in capitals would be nobody's.</summary>
    private static bool IsMisspelt(string file) => IsViews(file) && !File.Exists(Path.Combine(Path.GetDirectoryName(file)!, Views));

    private static string? OfRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string config = Path.Combine(folder.FullName, "config");
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")) && Directory.Exists(config))
            {
                return config;
            }
        }

        return null;
    }
}

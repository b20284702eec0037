namespace Gateway.Configuration;

/// <summary>The folder that an operator edits.</summary>
internal static class ConfigurationFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "GATEWAY_CONFIG";

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

    /// <summary>The files that are layers, in the order of their names: later ones win.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.json")
            .Where(static file => !file.EndsWith(".schema.json", StringComparison.OrdinalIgnoreCase)
                // Hidden: what an editor is just writing.
                && !Path.GetFileName(file).StartsWith('.')
                // Read by the loader of the views, since IConfiguration loses numbers, nulls and empty objects.
                && !string.Equals(Path.GetFileName(file), "views.json", StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal);

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

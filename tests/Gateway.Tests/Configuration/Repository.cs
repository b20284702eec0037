using System.Runtime.CompilerServices;

namespace Gateway.Tests.Configuration;

/// <summary>The files of the repository, wherever the tests were built to.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Settings { get; } = Path.Combine(Root, "appsettings.json");

    public static string Schema { get; } = Path.Combine(Root, "config", "gateway.schema.json");

    private static string Find([CallerFilePath] string here = "")
    {
        // A build for CI writes no real paths into the assembly; one to another folder does not lie in the repository.
        foreach (string start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory, Path.GetDirectoryName(here)!])
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new DirectoryNotFoundException("The repository was not found from the build, the current folder, or the sources.");
    }
}

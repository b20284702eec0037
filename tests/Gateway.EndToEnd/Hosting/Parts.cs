using System.Reflection;

namespace Gateway.EndToEnd.Hosting;

/// <summary>The real servers to test against, in the folder that <c>PEERS</c> names, and this repository's own files.</summary>
public static class Parts
{
    private const string Variable = "PEERS";

    public static string Repository { get; } =
        typeof(Parts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "Repository").Value!;

    private static string Folder => Environment.GetEnvironmentVariable(Variable) ?? "";

    public static string PathOf(params string[] names) => Path.Combine([Path.GetFullPath(Folder), .. names]);

    /// <summary>Skips the test where a part is missing; under CI that is a failure, for there nothing may be skipped.</summary>
    public static void Need(params string[] parts)
    {
        foreach (string part in parts)
        {
            bool isThere = Folder.Length > 0 && Directory.Exists(PathOf(part)) && (part != "elasticsearch" || IsOnPath("java"));
            string missing = $"'{part}' is not in the folder that {Variable} names ('{Folder}'), or Java is missing: see CONTRIBUTING.md.";
            Assert.False(!isThere && Environment.GetEnvironmentVariable("CI") == "true", missing);
            Assert.SkipUnless(isThere, missing);
        }
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}

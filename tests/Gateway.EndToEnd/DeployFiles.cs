using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The files under <c>deploy</c>, and the programs that read them.</summary>
internal static class DeployFiles
{
    public static string PathOf(params string[] names) => Path.Combine([Parts.Repository, "deploy", .. names]);

    /// <summary>Programs of the system's own packages; under CI one that is missing is a failure, for there nothing may be skipped.</summary>
    public static void NeedProgram(string name)
    {
        bool isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
        string missing = $"'{name}' is not on the PATH: it is in Debian's package prometheus.";
        Assert.False(!isThere && Environment.GetEnvironmentVariable("CI") == "true", missing);
        Assert.SkipUnless(isThere, missing);
    }
}

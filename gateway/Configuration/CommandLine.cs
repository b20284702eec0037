using System.Reflection;

namespace Gateway.Configuration;

/// <summary>What the process does with its arguments: help, version, a check of the configuration, or the gateway itself.</summary>
internal static class CommandLine
{
    private const int Success = 0;
    private const int Failure = 1;
    private const string CheckConfig = "--check-config";

    private const string Help = """
        Loopgate: a gateway in front of a Python app whose async views run in a new event loop each.

        Usage: Gateway [--check-config | --version | --help] [--Section:Key=value ...]

          --check-config   read and check the whole configuration, name every problem, start nothing; exit code 0 or 1
          --version        print the version
          --help           print this text

        Every setting can be given as an option (--Legacy:Address=http://127.0.0.1:8000), as an environment variable
        (Legacy__Address=...) or in a *.json file in the folder that GATEWAY_CONFIG names (default: config/).
        The settings: README.md and config/gateway.schema.json.
        """;

    /// <summary>The version of the build, with the commit where the build knew it.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs to the end of the process and returns its exit code: 0, or 1 where the configuration stops the start.</summary>
    public static async Task<int> RunAsync(string[] args, Func<WebApplicationBuilder, WebApplication> compose, Func<WebApplication, Task> run)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            return Print(Help);
        }

        if (args.Contains("--version"))
        {
            return Print(Version);
        }

        string[] settings = [.. args.Where(static arg => arg != CheckConfig)];
        if (Unread(settings) is { } unread)
        {
            return Fail([$"{unread}; --help says which there are."]);
        }

        try
        {
            WebApplicationBuilder builder = Layers.CreateBuilder(settings);
            await using WebApplication app = compose(builder);
            if (args.Contains(CheckConfig))
            {
                return Print("The configuration is valid.");
            }

            await run(app);
            return Success;
        }
        catch (ConfigurationException wrong)
        {
            return Fail(wrong.Problems);
        }
    }

    /// <summary>
    /// Of the first argument that the framework would pass over, or end with an exception: it reads <c>--name=value</c>, <c>/name=value</c>,
    /// <c>name=value</c> and <c>--name value</c>. A value is not repeated, for it may be a secret.
    /// </summary>
    private static string? Unread(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].Split('=')[0];
            bool hasValue = name.Length < args[i].Length;
            bool isLong = name.StartsWith("--", StringComparison.Ordinal) || name.StartsWith('/');
            if (!isLong && name.StartsWith('-'))
            {
                return $"{name}: there is no such option";
            }

            if (hasValue)
            {
                continue;
            }

            if (!isLong)
            {
                return "There is an argument that is neither an option nor the value of one";
            }

            if (++i == args.Length)
            {
                return $"{name}: there is no such option, or it has no value";
            }
        }

        return null;
    }

    private static int Print(string text)
    {
        Console.Out.WriteLine(text);
        return Success;
    }

    private static int Fail(IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        return Failure;
    }
}

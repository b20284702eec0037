using Gateway.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Configuration;

/// <summary>The gateway as its configuration builds it, not started.</summary>
internal static class Composition
{
    /// <summary>What a gateway in Production lacks at least.</summary>
    private static readonly string[] _required = ["--Legacy:Address=http://127.0.0.1:1", "--Elasticsearch:Nodes:0=http://127.0.0.1:1"];

    /// <summary>The sentences with which the configuration stops the start; none where it does not.</summary>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(params string[] args)
    {
        try
        {
            await using WebApplication app = Compose([.. _required, .. args]);
            return [];
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Problems;
        }
    }

    /// <summary>The one sentence.</summary>
    public static async Task<string> ProblemAsync(params string[] args) => Assert.Single(await ProblemsAsync(args));

    /// <summary>Options as the features get them.</summary>
    public static async Task<TOptions> OptionsAsync<TOptions>(params string[] args)
        where TOptions : class
    {
        await using WebApplication app = Compose([.. _required, .. args]);
        return app.Services.GetRequiredService<TOptions>();
    }

    /// <summary>Nothing is added to the arguments.</summary>
    public static WebApplication Compose(params string[] args)
    {
        // The command line's last word counts; the environment is Production unless the test says otherwise.
        WebApplicationBuilder builder = Layers.CreateBuilder(["--environment=Production", .. args]);
        builder.Logging.ClearProviders();
        return Program.Compose(builder);
    }
}

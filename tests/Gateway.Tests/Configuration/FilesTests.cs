using System.Diagnostics;
using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;
using Gateway.Views;

namespace Gateway.Tests.Configuration;

/// <summary>The files of the configuration folder: read strictly, and what is wrong with one is said with its name.</summary>
public sealed class FilesTests
{
    [Fact]
    public async Task A_section_that_nothing_reads_is_named_with_its_file()
    {
        using var folder = new Folder(("a.json", """{ "Legcay": { "Address": "http://127.0.0.1:1" } }"""));

        string problem = await Composition.ProblemAsync();

        Assert.StartsWith("Legcay: ", problem, StringComparison.Ordinal);
        Assert.Contains("a.json", problem, StringComparison.Ordinal);
        Assert.Contains("Legacy", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Draining", "\"00:00:01\"")]
    [InlineData("Legacy", "\"http://127.0.0.1:8000\"")]
    [InlineData("Inspect", "0")]
    public async Task A_value_in_the_place_of_a_section_is_not_ignored(string section, string value)
    {
        using var folder = new Folder(("a.json", $$"""{ "{{section}}": {{value}} }"""));

        Assert.StartsWith(section + ": ", await Composition.ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_of_the_environment_that_has_a_sections_name_by_chance_is_no_problem()
    {
        using var environment = new Variables(("Inspect", "1"), ("TRACING", "on"), ("HOSTNAME_OF_SOMETHING", "x"));

        Assert.Empty(await Composition.ProblemsAsync());
    }

    [Fact]
    public async Task The_sections_of_the_frameworks_and_the_schemas_address_are_allowed()
    {
        using var folder = new Folder(("a.json", """
            {
              "$schema": "./gateway.schema.json",
              "Kestrel": { "Limits": { "MaxConcurrentConnections": 100 } },
              "ReverseProxy": { "Routes": {} },
              "Logging": { "LogLevel": { "Default": "Warning" } },
              "AllowedHosts": "*"
            }
            """));

        Assert.Empty(await Composition.ProblemsAsync());
    }

    [Theory]
    [InlineData("Views.json", "is not read: the file of the views is views.json, in small letters.")]
    [InlineData("my.JSON", "Elasticsearch:NoSuchKey: there is no such setting")]
    public async Task A_file_whose_name_has_capitals_is_not_passed_over(string name, string said)
    {
        using var folder = new Folder((name, """{ "Elasticsearch": { "NoSuchKey": 1 } }"""));

        Assert.Contains(said, await Composition.ProblemAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Legacy": { """)]
    [InlineData("""{ "Legacy": { "IdleTimeout": "00:00:01" } } }""")]
    [InlineData("not JSON at all")]
    [InlineData("""{ "Legacy": {}, "legacy": { "Host": "app", "host": "client" } }""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task A_broken_file_is_one_sentence_that_names_it(string text)
    {
        using var folder = new Folder(("broken.json", text));

        string problem = await Composition.ProblemAsync();

        Assert.Contains(folder.FileOf("broken.json"), problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public async Task A_broken_file_is_named_with_the_line_that_is_wrong()
    {
        using var folder = new Folder(("broken.json", "{\n  \"Legacy\": {\n    \"Host\": app\n  }\n}\n"));

        Assert.Contains("line 3, byte ", await Composition.ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Comments_and_commas_at_the_end_are_allowed_as_everywhere_in_dotnet()
    {
        using var folder = new Folder(("a.json", """
            {
              // Why it is so.
              "Elasticsearch": { "MaxWaiting": 7, },
            }
            """));

        Assert.Equal(7, (await Composition.OptionsAsync<ElasticsearchOptions>()).MaxWaiting);
    }

    [Fact]
    public async Task A_view_that_is_added_stands_beside_the_one_that_is_shipped()
    {
        using var folder = new Folder(("a.json", """
            { "Views": { "health": { "Path": "/health", "Elasticsearch": "GET /_cluster/health" } } }
            """));

        ViewsOptions views = await Composition.OptionsAsync<ViewsOptions>();

        Assert.Equal(["health", "info"], views.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("/", views["info"].Path);
    }

    [Fact]
    public async Task A_pipe_among_the_files_does_not_hold_up_the_start()
    {
        using var folder = new Folder();
        using (Process made = Process.Start("mkfifo", folder.FileOf("a.json")))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, made.ExitCode);
        }

        string problem = await Composition.ProblemAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.StartsWith(folder.FileOf("a.json") + ": ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_of_yarp_that_it_refuses_is_named_with_its_section()
    {
        using var folder = new Folder(("a.json", """{ "ReverseProxy": { "Routes": { "mine": { "ClusterId": "legacy", "Match": {} } } } }"""));

        string problem = await Composition.ProblemAsync();

        Assert.StartsWith("ReverseProxy: ", problem, StringComparison.Ordinal);
        Assert.Contains("mine", problem, StringComparison.Ordinal);
    }
}

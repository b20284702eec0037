using Gateway.Configuration;
using Gateway.Demo;
using Gateway.Elasticsearch;
using Gateway.Legacy;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Tests.Configuration;

/// <summary>Which layer of the configuration wins, and what differs between Development and Production.</summary>
public sealed class LayersTests
{
    private const string Url = "Kestrel:Endpoints:Http:Url";

    [Fact]
    public void Each_layer_wins_over_the_ones_before()
    {
        using var none = new Variables(("ASPNETCORE_URLS", null), ("ASPNETCORE_HTTP_PORTS", null));
        Assert.Equal("http://*:8080", Read(Url));

        using var mapped = new Variables(("ASPNETCORE_URLS", "http://127.0.0.1:1"));
        Assert.Equal("http://127.0.0.1:1", Read(Url));

        using var folder = new Folder(("b.json", Endpoint(3)), ("a.json", Endpoint(2)));
        Assert.Equal("http://127.0.0.1:3", Read(Url));

        using var environment = new Variables(("Kestrel__Endpoints__Http__Url", "http://127.0.0.1:4"));
        Assert.Equal("http://127.0.0.1:4", Read(Url));
        Assert.Equal("http://127.0.0.1:5", Read(Url, $"--{Url}=http://127.0.0.1:5"));
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:1;http://127.0.0.1:2", "http://127.0.0.1:1", "http://127.0.0.1:2")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "8001;8002", "http://*:8001", "http://*:8002")]
    [InlineData("ASPNETCORE_HTTPS_PORTS", "8443", "https://*:8443", null)]
    [InlineData("DOTNET_URLS", "http://127.0.0.1:9", "http://127.0.0.1:9", null)]
    public void The_addresses_of_aspnetcore_become_endpoints(string variable, string value, string first, string? second)
    {
        using var none = new Variables(("ASPNETCORE_URLS", null), ("ASPNETCORE_HTTP_PORTS", null));
        using var environment = new Variables((variable, value));

        Assert.Equal(first, Read(Url));
        Assert.Equal(second, Read("Kestrel:Endpoints:Url2:Url"));
    }

    [Fact]
    public void Urls_on_the_command_line_become_endpoints_and_win_over_ports()
    {
        using var environment = new Variables(("ASPNETCORE_URLS", null), ("ASPNETCORE_HTTP_PORTS", "8001"));

        Assert.Equal("http://127.0.0.1:7", Read(Url, "--urls=http://127.0.0.1:7"));
    }

    [Fact]
    public void Schemas_the_views_file_hidden_files_and_what_is_not_json_are_no_layers()
    {
        const string text = """{ "Legacy": { "Host": "app" } }""";
        using var folder = new Folder(("gateway.schema.json", text), ("views.json", text), ("notes.txt", text), ("old.json.bak", text), (".new.json", text));

        Assert.Equal("client", Read("Legacy:Host"));
    }

    [Fact]
    public void A_shipped_file_that_breaks_while_the_gateway_runs_is_one_sentence_at_the_next_change()
    {
        using var shipped = new Folder(("appsettings.json", "{}"));
        var builder = new ConfigurationBuilder();
        builder.AddJsonFile(shipped.FileOf("appsettings.json"), optional: false).Add(new Layers.DefaultsSource());
        var live = new LiveConfiguration(builder, static _ => []);
        _ = live.Load(live.Running);

        File.WriteAllText(shipped.FileOf("appsettings.json"), "{ \"Legacy\": ");

        string problem = Assert.Single(Assert.Throws<ConfigurationException>(() => live.Load(live.Running)).Problems);
        Assert.Contains(shipped.FileOf("appsettings.json"), problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public async Task A_wrong_address_of_ASPNETCORE_URLS_is_said_to_be_of_it()
    {
        using var environment = new Variables(("ASPNETCORE_URLS", "http://127.0.0.1:0;nonsense"));

        Assert.StartsWith(
            "Kestrel:Endpoints:Url2:Url (ASPNETCORE_URLS or --urls): the value is not a URL to listen on",
            Assert.Single(await Composition.ProblemsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_assembly_that_is_not_there_is_one_sentence() => Assert.Equal(
        ["startupAssembly or hostingStartupAssemblies: there is no assembly 'x'."],
        Assert.Throws<ConfigurationException>(() => Layers.CreateBuilder(["--startupAssembly=x"])).Problems);

    [Fact]
    public void Every_file_that_is_no_JSON_is_named_at_once()
    {
        using var folder = new Folder(("a.json", "{\"a\""), ("b.json", "{}"), ("c.json", "[]"));

        IReadOnlyList<string> problems = Assert.Throws<ConfigurationException>(() => Layers.CreateBuilder([])).Problems;

        Assert.Equal([folder.FileOf("a.json"), folder.FileOf("c.json")], problems.Select(static problem => problem.Split(": ")[0]));
    }

    /// <summary>Without its file the gateway would run with less than was wanted: with every host served, say.</summary>
    [Fact]
    public async Task A_link_to_nothing_stops_the_start_be_it_a_layer_or_the_file_of_the_views()
    {
        using var folder = new Folder(("a.json", "{}"));
        File.CreateSymbolicLink(folder.FileOf("views.json"), "/no/such/file");
        Assert.Equal([$"{folder.FileOf("views.json")}: is a link to a file that is not there."], await Composition.ProblemsAsync());
        File.CreateSymbolicLink(folder.FileOf("guard.json"), "/no/such/file");

        Assert.Equal([$"{folder.FileOf("guard.json")}: is a link to a file that is not there."], Assert.Throws<ConfigurationException>(() => Layers.CreateBuilder([])).Problems);
    }

    [Fact]
    public void A_folder_that_is_named_and_missing_stops_the_start()
    {
        using var environment = new Variables(("GATEWAY_CONFIG", "/no/such/folder"));

        ConfigurationException missing = Assert.Throws<ConfigurationException>(() => Layers.CreateBuilder([]));

        Assert.Equal("GATEWAY_CONFIG: the folder '/no/such/folder' does not exist.", Assert.Single(missing.Problems));
    }

    [Fact]
    public void An_argument_that_is_no_setting_is_one_sentence()
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => Layers.CreateBuilder(["-x=1"]));

        Assert.Contains("-x", Assert.Single(wrong.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Production_listens_everywhere_and_logs_json_and_development_listens_on_loopback_and_logs_for_people()
    {
        using var none = new Variables(("ASPNETCORE_URLS", null), ("ASPNETCORE_HTTP_PORTS", null));

        Assert.Equal("http://*:8080", Read(Url));
        Assert.Equal("json", Read("Logging:Console:FormatterName"));
        Assert.Equal("http://localhost:8080", Read(Url, "--environment=Development"));
        Assert.Null(Read("Logging:Console:FormatterName", "--environment=Development"));
    }

    [Fact]
    public void A_folder_can_choose_the_format_of_the_log_in_production()
    {
        using var folder = new Folder(("a.json", """{ "Logging": { "Console": { "FormatterName": "simple" } } }"""));

        Assert.Equal("simple", Read("Logging:Console:FormatterName"));
    }

    [Fact]
    public void In_production_the_two_addresses_are_required()
    {
        using var folder = new Folder();

        ConfigurationException missing = Assert.Throws<ConfigurationException>(() => Composition.Compose());

        Assert.Equal(
            [
                "Elasticsearch:Nodes: the URL of a node is required, such as http://127.0.0.1:9200.",
                "Legacy:Address: the URL of the app is required, such as http://127.0.0.1:8000.",
            ],
            missing.Problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stand_ins_never_start_in_production()
    {
        await using WebApplication app = Composition.Compose(
            "--Legacy:Address=http://127.0.0.1:1", "--Elasticsearch:Nodes:0=http://127.0.0.1:1");

        Assert.DoesNotContain(app.Services.GetServices<IHostedService>(), static service => service is StandIns);
    }

    [Theory]
    [InlineData("Staging")]
    [InlineData("development2")]
    public void Stand_ins_start_in_no_other_environment_either(string environment)
    {
        using var folder = new Folder();

        Assert.Throws<ConfigurationException>(() => Composition.Compose($"--environment={environment}"));
    }

    [Fact]
    public async Task In_development_stand_ins_take_the_places_that_are_empty_and_only_those()
    {
        using var folder = new Folder();
        await using WebApplication both = Composition.Compose("--environment=Development");
        Assert.Equal("http", Assert.Single(both.Services.GetRequiredService<ElasticsearchOptions>().Nodes).Scheme);
        Assert.NotNull(both.Services.GetRequiredService<LegacyOptions>().Address);

        await using WebApplication none = Composition.Compose(
            "--environment=Development", "--Legacy:Address=http://127.0.0.1:1", "--Elasticsearch:Nodes:0=http://127.0.0.1:2");
        Assert.Equal("http://127.0.0.1:1/", none.Services.GetRequiredService<LegacyOptions>().Address!.AbsoluteUri);
        Assert.Equal("http://127.0.0.1:2/", Assert.Single(none.Services.GetRequiredService<ElasticsearchOptions>().Nodes).AbsoluteUri);
    }

    /// <summary>What a compose file writes for a variable that is not set.</summary>
    [Fact]
    public async Task In_development_an_empty_node_is_an_empty_place()
    {
        using var folder = new Folder();
        using var environment = new Variables(("Elasticsearch__Nodes__0", ""), ("Legacy__Address", ""));

        await using WebApplication app = Composition.Compose("--environment=Development");

        Assert.Single(app.Services.GetRequiredService<ElasticsearchOptions>().Nodes);
    }

    private static string Endpoint(int port) => $$"""{ "Kestrel": { "Endpoints": { "Http": { "Url": "http://127.0.0.1:{{port}}" } } } }""";

    private static string? Read(string key, params string[] args)
    {
        WebApplicationBuilder builder = Layers.CreateBuilder(["--environment=Production", .. args]);
        return builder.Configuration[key];
    }
}

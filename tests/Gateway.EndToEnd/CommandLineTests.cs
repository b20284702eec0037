using System.Net;
using System.Net.Sockets;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What the process says and how it exits when it does not run.</summary>
public sealed class CommandLineTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private static readonly string[] _good = ["--Legacy:Address=http://127.0.0.1:9", "--Elasticsearch:Nodes:0=http://127.0.0.1:9"];

    [Fact]
    public async Task A_good_configuration_is_said_to_be_valid()
    {
        RunningProcess gateway = await RunAsync(["--check-config", .. _good]);

        Assert.Equal((0, "The configuration is valid."), (await gateway.ExitAsync(), Assert.Single(gateway.Output)));
        Assert.Empty(gateway.Errors);
    }

    [Fact]
    public async Task All_problems_of_a_configuration_are_named_at_once()
    {
        RunningProcess gateway = await RunAsync(
            ["--check-config", "--Legacy:Address=nonsense", "--Elasticsearch:Nodes:0=ftp://cluster", "--Draining:Wait=banana", "--Inspect:Colour=red"]);

        Assert.Equal(1, await gateway.ExitAsync());
        Assert.Equal(4, gateway.Errors.Count);
        Assert.All(
            (string[])["Legacy:Address:", "Elasticsearch:Nodes:0:", "Draining:Wait:", "Inspect:Colour:"],
            key => Assert.Single(gateway.Errors, line => line.StartsWith(key, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_tells_its_version_and_how_to_use_it()
    {
        RunningProcess version = await RunAsync(["--version"]);
        RunningProcess help = await RunAsync(["--help"]);

        Assert.Equal((0, 0), (await version.ExitAsync(), await help.ExitAsync()));
        Assert.Matches(@"^\d+\.\d+\.\d+", Assert.Single(version.Output));
        Assert.Contains(help.Output, static line => line.Contains("--check-config", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_production_a_missing_app_stops_the_start_with_one_sentence()
    {
        RunningProcess gateway = await RunAsync([_good[1]]);

        Assert.Equal(1, await gateway.ExitAsync());
        Assert.StartsWith("Legacy:Address:", Assert.Single(gateway.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_setting_stops_the_start_with_one_sentence()
    {
        RunningProcess gateway = await RunAsync([.. _good, "--Legacy:Adress=http://127.0.0.1:9"]);

        Assert.Equal(1, await gateway.ExitAsync());
        Assert.StartsWith("Legacy:Adress:", Assert.Single(gateway.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--check-confg", "--check-confg: there is no such option, or it has no value; --help says which there are.")]
    [InlineData("--Check-Config", "--Check-Config: there is no such option, or it has no value;")]
    [InlineData("-v", "-v: there is no such option; --help says which there are.")]
    [InlineData("-Elasticsearch:ApiKey=secret", "-Elasticsearch:ApiKey: there is no such option;")]
    [InlineData("secret", "There is an argument that is neither an option nor the value of one; --help says which there are.")]
    [InlineData("--check-config=true", "check-config: the command line has something of this name, which nothing reads;")]
    public async Task An_argument_that_nothing_reads_stops_the_start(string argument, string sentence)
    {
        RunningProcess gateway = await RunAsync([.. _good, argument]);

        Assert.Equal(1, await gateway.ExitAsync());
        string said = Assert.Single(gateway.Errors);
        Assert.StartsWith(sentence, said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start_with_a_sentence_that_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        RunningProcess gateway = await RunAsync([.. _good, $"--Kestrel:Endpoints:Http:Url=http://127.0.0.1:{port}", "--Admin:Url=http://127.0.0.1:0"]);

        Assert.Equal(1, await gateway.ExitAsync());
        Assert.Contains($"127.0.0.1:{port}", Assert.Single(gateway.Errors), StringComparison.Ordinal);
    }

    private async Task<RunningProcess> RunAsync(string[] arguments)
    {
        RunningProcess gateway = GatewayProcess.Run(Processes, arguments, GatewayProcess.Production);
        await gateway.ExitAsync();
        return gateway;
    }
}

using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Listening;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Configuration;

/// <summary>The process without a process: what it prints where, and its exit code.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] _good =
        ["--environment=Production", "--Legacy:Address=http://127.0.0.1:1", "--Elasticsearch:Nodes:0=http://127.0.0.1:1"];

    [Fact]
    public async Task A_good_configuration_is_said_to_be_valid_and_nothing_is_started()
    {
        (int code, string output, string error) = await RunAsync(
            [.. _good, "--check-config", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:2"]);

        Assert.Equal((0, "The configuration is valid.\n", ""), (code, output, error));
    }

    [Fact]
    public async Task A_wrong_configuration_is_a_sentence_for_each_problem_on_the_error_stream()
    {
        (int code, string output, string error) = await RunAsync(
            [.. _good, "--check-config", "--Inspect:Traces=many", "--Legacy:Adress=x"]);

        Assert.Equal((1, ""), (code, output));
        Assert.Equal(2, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("Inspect:Traces: ", error, StringComparison.Ordinal);
        Assert.Contains("Legacy:Adress: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_stops_the_start_too()
    {
        (int code, _, string error) = await RunAsync([.. _good, "--Inspect:Traces=many"]);

        Assert.Equal(1, code);
        Assert.StartsWith("Inspect:Traces: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start_with_a_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        (int code, _, string error) = await RunAsync(
        [
            .. _good, $"--Kestrel:Endpoints:Http:Url=http://{taken.LocalEndpoint}", "--Admin:Url=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Microsoft.AspNetCore=None",
        ]);

        Assert.Equal(1, code);
        Assert.Contains("cannot listen", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--help", "Usage:")]
    [InlineData("-h", "--check-config")]
    [InlineData("--version", "0.")]
    public async Task Help_and_version_need_no_configuration(string argument, string text)
    {
        using var environment = new Variables(("GATEWAY_CONFIG", "/no/such/folder"));

        (int code, string output, string error) = await RunAsync([argument]);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains(text, output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using var captured = new StringWriter { NewLine = "\n" };
        using var capturedError = new StringWriter { NewLine = "\n" };
        Console.SetOut(captured);
        Console.SetError(capturedError);
        try
        {
            int code = await CommandLine.RunAsync(args, Program.Compose, DrainingFeature.RunUntilDrainedAsync);
            return (code, captured.ToString(), capturedError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}

using System.Text.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The log of production: JSON, a line each, from which one comes to the trace.</summary>
public sealed class LogTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private static readonly Uri _nowhere = new($"http://127.0.0.1:{Loopback.FreePort()}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_line_about_a_request_has_its_trace_and_where_it_is_wanted_its_path(bool scopes)
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, _nowhere, _nowhere, $"--Logging:CaptureScopes={scopes}");

        Answer answer = await Load.GetAsync(gateway.Client, "/cart");

        string line = await gateway.Process.LineAsync("^(.*\"EventId\":600.*)$");
        JsonElement[] said = [.. JsonDocument.Parse(line).RootElement.GetProperty("Scopes").EnumerateArray()];
        Assert.Equal(
            JsonDocument.Parse(answer.Text).RootElement.GetProperty("traceId").GetString(),
            Assert.Single(said.SelectMany(static scope => Values(scope, "TraceId"))));
        Assert.Equal(scopes ? ["/cart"] : [], said.SelectMany(static scope => Values(scope, "RequestPath")));
    }

    private static IEnumerable<string?> Values(JsonElement scope, string name) =>
        scope.TryGetProperty(name, out JsonElement value) ? [value.GetString()] : [];
}

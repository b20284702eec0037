using System.Net;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The whole story on a machine with nothing but the .NET SDK: the three things that the gateway says to try.</summary>
public sealed class EmbeddedDefaultTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string AppLine = @"1\. the fault +curl -i (\S+)";

    [Fact]
    public async Task What_it_prints_to_try_shows_the_fault_the_way_out_and_the_traces()
    {
        GatewayProcess started = await StartAsync();
        using HttpClient app = Loopback.Client(new Uri(await started.Process.LineAsync(AppLine)));
        using HttpClient gateway = Loopback.Client(new Uri(await started.Process.LineAsync(@"2\. the way out +curl -i (\S+)")));
        using HttpClient page = Loopback.Client(new Uri(await started.Process.LineAsync(@"3\. the traces +open (\S+)")));

        IReadOnlyList<Answer> broken = await Load.InARowAsync(app, "/", 4);
        IReadOnlyList<Answer> good = await Load.InARowAsync(gateway, "/", 20);
        await started.TracesAsync(20);
        Answer list = await Load.GetAsync(page, "/");

        Assert.Equal(HttpStatusCode.OK, broken[0].Status);
        Assert.All(broken.Skip(1), static answer =>
        {
            Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
            Assert.Contains("RuntimeError: Event loop is closed", answer.Text, StringComparison.Ordinal);
        });
        Assert.All(good, answer =>
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Equal(broken[0].Body, answer.Body);
        });
        Assert.Equal(20, Regex.Count(list.Text, ">GET /</a>"));
    }

    [Fact]
    public async Task Its_page_shows_a_loop_for_each_request_of_an_async_view_and_one_for_all_of_the_gateway()
    {
        GatewayProcess gateway = await StartAsync();

        await Load.InARowAsync(gateway.Client, "/hello", 3);
        await Load.InARowAsync(gateway.Client, "/", 3);

        Span[] served = [.. (await gateway.TracesAsync(6)).Select(static trace => trace.Single(static span => span.IsServer))];
        Assert.Equal(3, served[..3].Select(static span => span["loopgate.loop.id"]).Distinct().Count());
        Assert.All(served[..3], static span => Assert.Equal("false", span["loopgate.loop.reused"]));
        Assert.Single(served[3..].Select(static span => span["loopgate.loop.id"]).Distinct());
        Assert.Equal(["1", "2", "3"], served[3..].Select(static span => span["loopgate.loop.use"]));
    }

    [Fact]
    public async Task A_restart_makes_the_app_answer_once_more()
    {
        for (int start = 0; start < 2; start++)
        {
            GatewayProcess gateway = await StartAsync();
            using HttpClient app = Loopback.Client(new Uri(await gateway.Process.LineAsync(AppLine)));

            IReadOnlyList<Answer> answers = await Load.InARowAsync(app, "/", 2);

            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.InternalServerError], answers.Select(static answer => answer.Status));
            gateway.Process.Terminate();
            Assert.Equal(0, await gateway.Process.ExitAsync());
        }
    }

    private Task<GatewayProcess> StartAsync() =>
        GatewayProcess.StartAsync(Processes, [("ASPNETCORE_ENVIRONMENT", "Development")], []);
}

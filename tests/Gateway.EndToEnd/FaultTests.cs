using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The fault on real parts, and the way out of it.</summary>
public sealed class FaultTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Theory]
    [InlineData("es7", ElasticsearchServer.Old)]
    [InlineData("es8", ElasticsearchServer.Old)]
    [InlineData("es9", ElasticsearchServer.Old)]
    [InlineData("es8", ElasticsearchServer.New)]
    public async Task An_app_with_a_global_async_client_answers_once_and_never_again(string client, string server)
    {
        Parts.Need("python", "elasticsearch");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync(server);
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn, elasticsearch.Address, client);
        using HttpClient direct = Loopback.Client(app.Address);

        IReadOnlyList<Answer> answers = await Load.InARowAsync(direct, "/", 6);

        Assert.Equal(HttpStatusCode.OK, answers[0].Status);
        Assert.Contains($"\"number\":\"{server}\"", answers[0].Text, StringComparison.Ordinal);
        Assert.All(answers.Skip(1), static answer => Assert.Equal(HttpStatusCode.InternalServerError, answer.Status));
        await app.Process.LineAsync("RuntimeError.*Event loop is closed");
    }

    [Theory]
    [InlineData(ElasticsearchServer.Old)]
    [InlineData(ElasticsearchServer.New)]
    public async Task The_same_route_behind_the_gateway_always_answers_what_the_app_answered_first(string server)
    {
        Parts.Need("python", "elasticsearch");
        ElasticsearchServer elasticsearch = await Servers.ElasticsearchAsync(server);
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn, elasticsearch.Address);
        using HttpClient direct = Loopback.Client(app.Address);
        Answer first = await Load.GetAsync(direct, "/");
        Assert.Equal(HttpStatusCode.InternalServerError, (await Load.GetAsync(direct, "/")).Status);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, elasticsearch.Address);

        IReadOnlyList<Answer> inARow = await Load.InARowAsync(gateway.Client, "/", 200);
        IReadOnlyCollection<Answer> atOnce = await Load.AtOnceAsync(gateway.Address, "/", 1000);

        Assert.Equal(1200, inARow.Count + atOnce.Count);
        Assert.All(inARow.Concat(atOnce), answer =>
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Equal(first.Body, answer.Body);
        });
    }
}

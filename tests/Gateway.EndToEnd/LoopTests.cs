using System.Net;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>Whose report of loops is believed, how much of it, and who sees it.</summary>
public sealed class LoopTests(SharedServers servers, ITestOutputHelper output) : LoopTest(servers, output)
{
    /// <summary>An app whose view <c>/said</c> makes no loop and sends what the query tells it to as its report.</summary>
    private const string SayingApp = "gunicorn -w 1 -b 127.0.0.1:0 trouble_apps:flask()";

    private const string Valid = "id=feed0001.1;use=7";

    [Fact]
    public async Task The_report_does_not_reach_the_client()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, PythonApp.FlaskOnGunicorn);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        using HttpClient direct = Loopback.Client(app.Address);

        using HttpResponseMessage own = await direct.GetAsync("/loop");
        using HttpResponseMessage proxied = await gateway.Client.GetAsync("/loop");

        Assert.True(own.Headers.Contains("X-Loop"));
        Assert.Equal(HttpStatusCode.OK, proxied.StatusCode);
        Assert.False(proxied.Headers.Contains("X-Loop"));
    }

    [Fact]
    public async Task A_report_that_is_too_long_or_garbage_is_ignored_and_does_not_reach_the_client_either()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, SayingApp);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        string[] ignored =
        [
            "garbage",
            "id=<script>;use=1",
            "id=feed0001.1;use=-1",
            "id=feed0001.1;use=1;error=\"open",
            string.Join(", ", Enumerable.Range(1, 9).Select(static serial => $"id=feed0001.{serial};use=1")),
            $"{Valid};error=\"{new string('e', 1024)}\"",
        ];

        foreach (string field in (string[])[Valid, .. ignored])
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(Said(field));

            Assert.Equal((HttpStatusCode.OK, "said\n"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
            Assert.False(answer.Headers.Contains("X-Loop"));
        }

        Assert.Equal(
            [new LoopOnSpan("feed0001.1", "7", "true"), .. ignored.Select(static _ => LoopOnSpan.None)],
            await LoopsAsync(gateway, ignored.Length + 1));
    }

    [Fact]
    public async Task A_report_is_believed_from_each_cluster_and_from_no_client()
    {
        PythonApp app = await PythonApp.StartAsync(Processes, SayingApp);
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes, app.Address, Loopback.Nowhere,
            "--ReverseProxy:Routes:other:ClusterId=other", "--ReverseProxy:Routes:other:Match:Path=/said",
            $"--ReverseProxy:Clusters:other:Destinations:only:Address={app.Address}");
        using var claim = new HttpRequestMessage(HttpMethod.Get, "/trouble/unknown") { Headers = { { "X-Loop", Valid } } };

        using HttpResponseMessage other = await gateway.Client.GetAsync(Said(Valid));
        using HttpResponseMessage claimed = await gateway.Client.SendAsync(claim);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.InternalServerError), (other.StatusCode, claimed.StatusCode));
        IReadOnlyList<LoopOnSpan> loops = await LoopsAsync(gateway, 2);
        Assert.False(other.Headers.Contains("X-Loop"));
        Assert.Equal(new LoopOnSpan("feed0001.1", "7", "true"), loops[0]);
        Assert.Equal(LoopOnSpan.Fresh(loops[1].Id), loops[1]);
        Assert.NotEqual("feed0001.1", loops[1].Id);
    }

    private static string Said(string field) => $"/said?field={Uri.EscapeDataString(field)}";
}

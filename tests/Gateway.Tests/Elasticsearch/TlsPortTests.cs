using System.Security.Cryptography.X509Certificates;
using Gateway.Elasticsearch;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M11: a URL that begins with the wrong one of http and https.</summary>
public sealed class TlsPortTests : IDisposable
{
    private const string Unusable = "Elasticsearch sent an answer that cannot be used.";

    private readonly Authority _authority = new("ours");

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Plain_http_to_a_port_with_tls_is_called_so_and_the_port_is_asked_once()
    {
        using X509Certificate2 leaf = _authority.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);
        await using Scene scene = await Scene.StartAsync([new Uri($"http://127.0.0.1:{node.Address.Port}/")]);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);
        using HttpResponseMessage again = await scene.GetsProblemAsync(502, Unusable);

        Assert.Equal(0, node.Requests);
        await SaysAsync(scene, Causes.PlainHttpOnTlsPort, "cluster_broken", count: 2);
    }

    /// <summary>As nginx does.</summary>
    [Fact]
    public async Task A_page_that_answers_plain_http_on_a_port_with_tls_is_no_excuse()
    {
        using X509Certificate2 leaf = _authority.Issue();
        await using TlsNode node = await TlsNode.StartAsync(leaf);
        string page = Answers.Of("<html>The plain HTTP request was sent to HTTPS port", "400 Bad Request", "Content-Type: text/html\r\n");
        await using var front = new ScriptedServer(async connection =>
        {
            byte[] first = await connection.ReadAsync(1);
            if (first is [(byte)'G'])
            {
                await connection.SendAsync(page);
                await connection.StallAsync();
            }
            else
            {
                await connection.PassOnAsync(first, node.Address.Port);
            }
        });
        await using Scene scene = await Scene.StartAsync(front);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        await SaysAsync(scene, Causes.PlainHttpOnTlsPort, "cluster_broken");
    }

    [Fact]
    public async Task A_plain_node_that_ends_is_not_taken_for_one_with_tls()
    {
        await using var ending = new ScriptedServer(static connection => connection.ReadRequestAsync());
        await using Scene scene = await Scene.StartAsync(ending);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Unusable);

        await SaysAsync(scene, Causes.ConnectionEnded, "cluster_broken");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    public async Task Tls_to_a_port_without_it_is_called_so(string answerToHello)
    {
        await using var plain = new ScriptedServer(async connection =>
        {
            await connection.SendAsync(answerToHello);
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync([new Uri($"https://127.0.0.1:{plain.Address.Port}/")]);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, "No Elasticsearch node can be reached.");

        await SaysAsync(scene, Causes.TlsOnPlainPort, "no_node");
    }

    /// <summary>RFC 8446 §6: an alert, fatal, handshake_failure.</summary>
    [Fact]
    public async Task A_node_that_breaks_the_handshake_off_is_no_plain_port()
    {
        await using var unwilling = new ScriptedServer(async connection =>
        {
            await connection.SendAsync("\x15\x03\x03\x00\x02\x02\x28");
            await connection.StallAsync();
        });
        await using Scene scene = await Scene.StartAsync([new Uri($"https://127.0.0.1:{unwilling.Address.Port}/")]);

        using HttpResponseMessage answer = await scene.GetsProblemAsync(503, "No Elasticsearch node can be reached.");

        await SaysAsync(scene, Causes.TlsFailed, "no_node");
    }

    private static async Task SaysAsync(Scene scene, string cause, string outcome, int count = 1)
    {
        Assert.Contains($" {cause}: ", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
        Assert.All(await scene.Gateway.TracesAsync(count), spans =>
        {
            var trace = new TraceOfOne(spans);
            Assert.Equal(cause, TraceOfOne.Attribute(trace.Operation, "error.type"));
            Assert.Equal(outcome, TraceOfOne.Attribute(trace.Server, "error.type"));
        });
    }
}

using System.Globalization;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>A name that leads to another address while the gateway runs, as a headless service of Kubernetes does.</summary>
public sealed class AddressChangeTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Wrapper = "/usr/lib/x86_64-linux-gnu/libnss_wrapper.so";
    private const string Info = """{"name":"n","cluster_name":"c","tagline":"You Know, for Search","version":{"number":"8.19.0"}}""";

    /// <summary>Debian's nss_wrapper reads names from a file of our own in place of /etc/hosts.</summary>
    [Fact]
    public async Task A_changed_address_is_used_within_the_lifetime_of_a_connection_and_no_request_is_lost()
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true" && !File.Exists(Wrapper), "nss_wrapper is missing.");
        Assert.SkipUnless(File.Exists(Wrapper), "nss_wrapper is missing: apt-get install libnss-wrapper.");
        int atFirst = 0, atSecond = 0;
        int port = Loopback.FreePort();
        await using LocalServer first = await LocalServer.StartAsync(context => AnswerAsync(context, () => Interlocked.Increment(ref atFirst)), "127.0.0.1", port);
        await using LocalServer second = await LocalServer.StartAsync(context => AnswerAsync(context, () => Interlocked.Increment(ref atSecond)), "127.0.0.2", port);
        using var files = new CertificateFolder();
        files.Write("hosts", "127.0.0.1 cluster.test\n");
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, ("LD_PRELOAD", Wrapper), ("NSS_WRAPPER_HOSTS", files.PathOf("hosts"))],
            [
                $"--Legacy:Address={Loopback.Nowhere}", $"--Elasticsearch:Nodes:0=http://cluster.test:{port.ToString(CultureInfo.InvariantCulture)}",
                "--Elasticsearch:PooledConnectionLifetime=00:00:02", "--Views:info:SingleFlight=false",
            ]);
        await using var load = new SteadyLoad(gateway.Address, "/", 8);

        await load.MoreAsync(200);
        Assert.Equal(0, atSecond);
        files.Write("hosts", "127.0.0.2 cluster.test\n");
        int before = load.Answers.Count;
        await Eventually.Holds(() => atSecond > 0, "the first request at the new address");
        await Eventually.HoldsAsync(
            async () =>
            {
                int still = atFirst;
                await load.MoreAsync(100);
                return atFirst == still;
            },
            "the last request at the old address");

        // None waits for an old connection to end, and each new one costs the request that finds none a connect.
        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        Assert.DoesNotContain(answers, static answer => answer.Status != 200);
        Output.WriteLine(
            $"{answers.Count} answers, none lost, {before} of them before the change; at the old address {atFirst}, at the new one {atSecond}; slowest {answers.Max(static answer => answer.Took).TotalMilliseconds:0} ms");
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Warning" or "Error");
    }

    private static Task AnswerAsync(HttpContext context, Action count)
    {
        count();
        context.Response.ContentType = "application/json";
        context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        return context.Response.WriteAsync(Info);
    }
}

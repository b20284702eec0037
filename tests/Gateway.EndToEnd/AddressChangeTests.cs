using System.Globalization;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>A name that leads to another address while the gateway runs, as a headless service of Kubernetes does.</summary>
public sealed class AddressChangeTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Wrapper = "/usr/lib/x86_64-linux-gnu/libnss_wrapper.so";
    private const string Info = """{"name":"n","cluster_name":"c","tagline":"You Know, for Search","version":{"number":"8.19.0"}}""";

    private const int Turns = 4;

    /// <summary>Debian's nss_wrapper reads names from a file of our own in place of /etc/hosts.</summary>
    [Fact]
    public async Task A_changed_address_is_used_within_the_lifetime_of_a_connection_without_a_lost_or_a_slow_request()
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true" && !File.Exists(Wrapper), "nss_wrapper is missing.");
        Assert.SkipUnless(File.Exists(Wrapper), "nss_wrapper is missing: apt-get install libnss-wrapper.");
        int[] asked = [0, 0];
        int port = Loopback.FreePort();
        await using LocalServer first = await LocalServer.StartAsync(context => AnswerAsync(context, ref asked[0]), "127.0.0.1", port);
        await using LocalServer second = await LocalServer.StartAsync(context => AnswerAsync(context, ref asked[1]), "127.0.0.2", port);
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
        await load.MoreAsync(500);
        Assert.Equal(0, asked[1]);
        List<double> steady = [];
        List<double> changing = [];

        // To and fro, so that whatever else the machine does meets both, and the best turn of each counts.
        for (int turn = 0; turn < Turns; turn++)
        {
            steady.Add(await SlowestAsync(load, () => load.MoreAsync(1000)));
            int now = (turn + 1) % 2;
            int before = asked[now];
            files.Write("hosts", $"127.0.0.{(now + 1).ToString(CultureInfo.InvariantCulture)} cluster.test\n");
            changing.Add(await SlowestAsync(load, async () =>
            {
                await Eventually.Holds(() => asked[now] > before, "the first request at the new address");
                await Eventually.HoldsAsync(
                    async () =>
                    {
                        int still = asked[1 - now];
                        await load.MoreAsync(100);
                        return asked[1 - now] == still;
                    },
                    "the last request at the old address");
            }));
        }

        IReadOnlyList<TimedAnswer> answers = await load.StopAsync();
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{answers.Count} answers, {asked[0]} from the one address and {asked[1]} from the other; slowest of the best turn {steady.Min():0.0} ms, while the address changes {changing.Min():0.0} ms"));
        Assert.DoesNotContain(answers, static answer => answer.Status != 200);
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Warning" or "Error");
        // None waits for an old connection to end; a new one costs the request that finds none a lookup and a connect.
        Assert.InRange(changing.Min() / steady.Min(), 0, 10);
    }

    /// <summary>How long the slowest took, in milliseconds, of what was answered meanwhile: at a change each client's next request may find no connection.</summary>
    private static async Task<double> SlowestAsync(SteadyLoad load, Func<Task> meanwhile)
    {
        int before = load.Answers.Count;
        await meanwhile();
        return load.Answers.Skip(before).Max(static answer => answer.Took.TotalMilliseconds);
    }

    private static Task AnswerAsync(HttpContext context, ref int asked)
    {
        Interlocked.Increment(ref asked);
        context.Response.ContentType = "application/json";
        context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        return context.Response.WriteAsync(Info);
    }
}

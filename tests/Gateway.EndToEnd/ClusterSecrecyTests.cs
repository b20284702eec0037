using System.Text;
using System.Text.Json;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>A run that uses every kind of secret, right and wrong, at the most talkative level of the log: none is found anywhere.</summary>
public sealed class ClusterSecrecyTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const string Wrong = "wrong-9c27d1:wrong-key-41ab";

    private static readonly string[] _kinds =
        ["basic", "basic from a file", "API key, id and key", "API key, encoded", "API key from a file", "service token from a file"];

    [Fact]
    public async Task No_secret_is_in_a_log_a_trace_an_error_or_a_page()
    {
        SecureCluster cluster = await Servers.SecureClusterAsync();
        JaegerServer jaeger = await Servers.JaegerAsync();
        using var files = new CertificateFolder();
        List<string> secrets = [SecureCluster.Password, Wrong, cluster.Files.Read("node.key")];
        var seen = new StringBuilder();
        foreach (string kind in _kinds)
        {
            await UseAsync(cluster, jaeger, await ClusterCredentials.OfAsync(kind, cluster, files), secrets, seen);
            await UseAsync(cluster, jaeger, ClusterCredentials.Of(kind, Wrong, files), secrets, seen);
        }

        string all = seen.ToString();
        string[] forms = [.. secrets.SelectMany(FormsOf).Distinct()];
        Output.WriteLine($"{forms.Length} forms of secrets looked for in {all.Length} characters");
        Assert.All(forms, form => Assert.False(all.Contains(form, StringComparison.Ordinal), $"Found a secret: {form}"));
        // The search is worth something: what is no secret is found.
        Assert.Contains("cluster_refused", all, StringComparison.Ordinal);
        Assert.Contains("8.19.21", all, StringComparison.Ordinal);
    }

    private async Task UseAsync(SecureCluster cluster, JaegerServer jaeger, string[] settings, List<string> secrets, StringBuilder seen)
    {
        string[] certificate =
        [
            $"--Elasticsearch:ClientCertificateFile={cluster.Files.PathOf("node.pem")}", $"--Elasticsearch:ClientCertificateKeyFile={cluster.Files.PathOf("node.key")}",
        ];
        foreach (string setting in settings)
        {
            (string key, string value) = (setting.Split('=', 2)[0], setting.Split('=', 2)[1]);
            if (!key.EndsWith("Username", StringComparison.Ordinal))
            {
                secrets.Add(File.Exists(value) ? (await File.ReadAllTextAsync(value)).Trim() : value);
            }
        }

        GatewayProcess gateway = await GatewayProcess.StartAsync(
            Processes,
            [.. GatewayProcess.Production, .. jaeger.Exporting("grpc"), ("OTEL_METRICS_EXPORTER", "prometheus")],
            [
                $"--Legacy:Address={Loopback.Nowhere}", $"--Elasticsearch:Nodes:0={cluster.Address}", cluster.Trust, "--Logging:LogLevel:Default=Trace",
                "--Logging:LogLevel:Microsoft.AspNetCore=Trace", "--Logging:LogLevel:System.Net.Http=Trace", .. certificate, .. settings,
            ]);
        seen.AppendLine((await Load.GetAsync(gateway.Client, "/")).Text);
        seen.AppendLine((await Load.GetAsync(gateway.Client, "/app")).Text);
        IReadOnlyList<Span[]> traces = await gateway.TracesAsync(2);
        string[] ids = [.. traces.Select(static trace => trace[0].TraceId)];
        foreach (string page in (string[])["/", "/api/traces", "/metrics", .. ids.Select(static id => $"/traces/{id}")])
        {
            seen.AppendLine((await Load.GetAsync(gateway.AdminClient, page)).Text);
        }

        foreach (string id in ids)
        {
            seen.AppendLine(JsonSerializer.Serialize(await jaeger.FindAsync(id)));
        }

        gateway.Process.Terminate();
        await gateway.Process.ExitAsync();
        seen.AppendJoin('\n', gateway.Process.Lines);
    }

    /// <summary>As it is, the parts on both sides of a colon, each of these in Base64, alone and behind the user's name, and line by line.</summary>
    private static IEnumerable<string> FormsOf(string secret)
    {
        string[] parts = [secret, .. secret.Split(':')[1..], $"{SecureCluster.User}:{secret}"];
        foreach (string part in parts.SelectMany(static part => part.Split('\n')).Where(static line => line.Length > 6 && !line.StartsWith("-----", StringComparison.Ordinal)))
        {
            yield return part;
            yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(part)).TrimEnd('=');
        }
    }
}

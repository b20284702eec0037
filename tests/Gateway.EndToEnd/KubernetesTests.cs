using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>The manifests against a real API server.</summary>
public sealed class KubernetesTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Fact]
    public async Task The_api_server_takes_the_manifests_and_refuses_what_it_should()
    {
        Parts.Need("kubernetes");
        RunningProcess server = Processes.Start("kube-api", new ProcessCommand(Parts.PathOf("kubernetes", "kube-api"), []));
        string configuration = await server.LineAsync("^ready KUBECONFIG=(.*)$");

        RunningProcess check = Processes.Start("check", new ProcessCommand(
            Path.Combine(Parts.Repository, "deploy", "kubernetes", "check"),
            [configuration, Parts.PathOf("kubernetes", "bin", "kubectl"), Parts.PathOf("kubernetes", "gateway-api-crds.yaml")]));

        Assert.Equal(0, await check.ExitAsync());
        Assert.Contains("all checks passed", check.Output);
    }
}

using System.Text;
using Gateway.Elasticsearch;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Which nodes of an answer to <c>GET /_nodes/http</c> are used, and by which URL.</summary>
public sealed class SniffedNodesTests
{
    private static readonly Uri _asked = new("http://seed:9200/");

    [Theory]
    [InlineData("http://seed:9200/", "10.0.0.1:9200", "http://10.0.0.1:9200/")]
    [InlineData("https://seed/", "10.0.0.1:9200", "https://10.0.0.1:9200/")]
    [InlineData("https://seed/es/", "10.0.0.1:9201", "https://10.0.0.1:9201/es/")]
    [InlineData("https://seed/", "es1.example.org/10.0.0.1:9200", "https://es1.example.org:9200/")]
    [InlineData("https://seed/", "es1.example.org/[fd00::1]:9200", "https://es1.example.org:9200/")]
    [InlineData("http://seed/", "[fd00::1]:9200", "http://[fd00::1]:9200/")]
    [InlineData("http://seed/", "fd00::1:9200", "http://[fd00::1]:9200/")]
    [InlineData("http://seed/", "es1:9200", "http://es1:9200/")]
    [InlineData("https://seed/", "10.0.0.1:443", "https://10.0.0.1/")]
    public void An_address_is_used_in_the_scheme_and_below_the_path_of_the_node_that_was_asked(string asked, string published, string url) =>
        Assert.Equal(url, Assert.Single(In(Answer(Node(published, "data")), new Uri(asked))).AbsoluteUri);

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(1001, 0)]
    public void More_nodes_than_a_cluster_has_are_none(int named, int used) =>
        Assert.Equal(used, In(Answer([.. Enumerable.Range(1, named).Select(static port => Node($"10.0.0.1:{port}", "data"))])).Count);

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.1:")]
    [InlineData("10.0.0.1:0")]
    [InlineData("10.0.0.1:-1")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("xn--ü/10.0.0.1:9200")]
    [InlineData(":9200")]
    [InlineData("/10.0.0.1")]
    [InlineData("es1:9200/10.0.0.1")]
    [InlineData("user@es1:9200")]
    [InlineData("es1?x=:9200")]
    [InlineData("es1#:9200")]
    [InlineData("a b:9200")]
    public void What_is_no_address_is_left_out(string published) =>
        Assert.Equal("http://good:9200/", Assert.Single(In(Answer(Node(published, "data"), Node("good:9200", "data")))).AbsoluteUri);

    [Theory]
    [InlineData(true)]
    [InlineData(true, "data", "ingest", "master")]
    [InlineData(true, "data_hot", "master")]
    [InlineData(true, "data_content", "master", "voting_only")]
    [InlineData(true, "ingest", "master")]
    [InlineData(true, "remote_cluster_client")]
    [InlineData(true, "ml")]
    [InlineData(false, "master")]
    [InlineData(false, "master", "voting_only")]
    [InlineData(false, "voting_only")]
    [InlineData(false, "master", "remote_cluster_client", "transform")]
    public void Dedicated_masters_are_left_out_and_nodes_that_only_coordinate_are_not(bool used, params string[] roles) =>
        Assert.Equal(used ? 1 : 0, In(Answer(Node("es1:9200", roles))).Count);

    [Theory]
    [InlineData("""{"nodes":{"x":{"roles":["data"]}}}""")]
    [InlineData("""{"nodes":{"x":{"roles":["data"],"http":{"publish_address":null}}}}""")]
    [InlineData("""{"nodes":{"x":{"roles":["data"],"http":{}}}}""")]
    [InlineData("""{"nodes":{"x":{"roles":["data"],"http":[]}}}""")]
    [InlineData("""{"nodes":{"x":{"roles":"data","http":{"publish_address":"a:1"}}}}""")]
    [InlineData("""{"nodes":{"x":7}}""")]
    [InlineData("""{"nodes":{}}""")]
    [InlineData("""{"nodes":[]}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("""{"nodes":{"x":{"roles":["\ud800"],"http":{"publish_address":"a:1"}}}}""")]
    public void An_answer_without_a_usable_node_names_none(string json) => Assert.Empty(In(json));

    [Fact]
    public void A_node_that_says_nothing_of_roles_is_used() =>
        Assert.Single(In("""{"nodes":{"x":{"http":{"publish_address":"es1:9200"}}}}"""));

    private static IReadOnlyList<Uri> In(string json, Uri? asked = null) => SniffedNodes.In(Encoding.UTF8.GetBytes(json), asked ?? _asked);

    private static string Answer(params string[] nodes) => Answers.Nodes(nodes);

    private static string Node(string published, params string[] roles) => Answers.Node(published, roles);
}

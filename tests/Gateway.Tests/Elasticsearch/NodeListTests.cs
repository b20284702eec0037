using Gateway.Elasticsearch;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>Turns, rests and probes of nodes, by a clock that the test moves.</summary>
public sealed class NodeListTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nodes_take_turns_from_the_first_on()
    {
        NodeList nodes = Nodes(3);

        Assert.Equal(["a", "b", "c", "a", "b", "c", "a"], Enumerable.Range(0, 7).Select(_ => NameOf(nodes.Next([]))));
    }

    [Fact]
    public void A_request_meets_each_node_once_and_then_none()
    {
        NodeList nodes = Nodes(3);
        List<Node> tried = [];

        while (nodes.Next(tried) is { } node)
        {
            tried.Add(node);
            nodes.Failed(node);
        }

        Assert.Equal(["a", "b", "c"], tried.Select(NameOf).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(30, 60)]
    public void A_rest_lasts_a_second_doubles_with_each_failure_and_ends_at_a_minute_or_a_tenth_more(int failures, int seconds)
    {
        List<double> rests = [];
        for (int round = 0; round < 50; round++)
        {
            var node = new Node(new Uri("http://a/"));
            for (int i = 1; i < failures; i++)
            {
                node.Failed(_time.GetUtcNow());
                _time.Advance(TimeSpan.FromMinutes(2));
            }

            node.Failed(_time.GetUtcNow());
            rests.Add((node.RestsUntil - _time.GetUtcNow()).TotalSeconds);
        }

        Assert.All(rests, rest => Assert.InRange(rest, seconds, seconds * 1.1));
        Assert.True(rests.Distinct().Count() > 1, "All pods would come back at the same moment.");
    }

    [Fact]
    public void A_resting_node_is_left_out_until_its_rest_is_over_and_then_tried_by_one()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;
        nodes.Failed(a);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal("b", NameOf(nodes.Next([]))));
        _time.Advance(TimeSpan.FromSeconds(0.99));
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal("b", NameOf(nodes.Next([]))));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        string[] next = [.. Enumerable.Range(0, 10).Select(_ => NameOf(nodes.Next([])))];

        Assert.Single(next, "a");
    }

    [Fact]
    public void A_node_whose_probe_worked_is_back_for_all()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;
        nodes.Failed(a);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Same(a, Until(nodes, a));

        a.Worked();

        Assert.Equal(5, Enumerable.Range(0, 10).Count(_ => nodes.Next([]) == a));
        nodes.Failed(a);
        Assert.InRange((a.RestsUntil - _time.GetUtcNow()).TotalSeconds, 1, 1.1);
    }

    [Fact]
    public void A_node_whose_probe_failed_rests_twice_as_long()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;
        nodes.Failed(a);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Same(a, Until(nodes, a));

        nodes.Failed(a);

        Assert.InRange((a.RestsUntil - _time.GetUtcNow()).TotalSeconds, 2, 2.2);
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal("b", NameOf(nodes.Next([]))));
    }

    [Fact]
    public void A_probe_that_was_abandoned_leaves_the_next_try_to_another_request()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;
        nodes.Failed(a);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Same(a, Until(nodes, a));
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal("b", NameOf(nodes.Next([]))));

        a.Abandoned();

        Assert.Single(Enumerable.Range(0, 10).Select(_ => NameOf(nodes.Next([]))), "a");
    }

    [Fact]
    public void Failures_of_requests_that_were_under_way_count_once()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;

        Assert.All(Enumerable.Range(0, 100), _ => nodes.Failed(a));

        Assert.InRange((a.RestsUntil - _time.GetUtcNow()).TotalSeconds, 1, 1.1);
    }

    [Fact]
    public void Where_all_rest_the_one_that_has_rested_longest_is_asked()
    {
        NodeList nodes = Nodes(3);
        Node[] all = [nodes.Next([])!, nodes.Next([])!, nodes.Next([])!];
        nodes.Failed(all[1]);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        nodes.Failed(all[2]);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        nodes.Failed(all[0]);

        Assert.All(Enumerable.Range(0, 5), _ => Assert.Same(all[1], nodes.Next([])));
        Assert.Same(all[2], nodes.Next([all[1]]));
        Assert.Same(all[0], nodes.Next([all[1], all[2]]));
        Assert.Null(nodes.Next(all));
    }

    /// <summary>It was asked before its rest was over, for all rested; it worked; and it failed again at once.</summary>
    [Fact]
    public void A_node_that_worked_during_its_rest_and_fails_again_rests_again()
    {
        NodeList nodes = Nodes(2);
        Node a = nodes.Next([])!;
        nodes.Failed(a);
        a.Worked();

        nodes.Failed(a);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal("b", NameOf(nodes.Next([]))));
    }

    [Theory]
    [InlineData("http://a:9200", "http://a:9200/")]
    [InlineData("http://a:9200/es", "http://a:9200/es/")]
    [InlineData("http://a:9200/es/", "http://a:9200/es/")]
    public void A_nodes_address_ends_in_a_slash(string given, string address) =>
        Assert.Equal(address, new Node(new Uri(given)).Address.AbsoluteUri);

    private static string NameOf(Node? node) => node?.Address.Host ?? "none";

    private static Node? Until(NodeList nodes, Node wanted) =>
        Enumerable.Range(0, 2).Select(_ => nodes.Next([])).FirstOrDefault(node => node == wanted);

    private NodeList Nodes(int count) => new(Enumerable.Range(0, count).Select(static i => new Uri($"http://{(char)('a' + i)}/")), _time);
}

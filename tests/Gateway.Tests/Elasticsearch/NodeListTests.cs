using Gateway.Elasticsearch;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Elasticsearch;

/// <summary>M15: turns, rests and probes of nodes, by a clock that the test moves.</summary>
public sealed class NodeListTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nodes_take_turns_from_the_first_on()
    {
        NodeList nodes = Nodes(3);

        Assert.Equal(["a", "b", "c", "a", "b", "c", "a"], Names(nodes, 7));
    }

    [Fact]
    public void A_node_that_is_configured_twice_has_one_turn()
    {
        var nodes = new NodeList([new Uri("http://a/"), new Uri("http://b"), new Uri("http://A"), new Uri("http://b/")], _time);

        Assert.Equal(["a", "b", "a", "b"], Names(nodes, 4));
    }

    [Fact]
    public void A_request_meets_each_node_once_and_then_none()
    {
        NodeList nodes = Nodes(3);
        List<Node> tried = [];

        while (nodes.Next(tried) is { } use)
        {
            tried.Add(use.Node);
            nodes.Failed(use);
        }

        Assert.Equal(["a", "b", "c"], tried.Select(static node => node.Address.Host).Order(StringComparer.Ordinal));
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
                node.Failed(node.TryUse(_time.GetUtcNow())!.Value, _time.GetUtcNow());
                _time.Advance(TimeSpan.FromMinutes(2));
            }

            node.Failed(node.TryUse(_time.GetUtcNow())!.Value, _time.GetUtcNow());
            rests.Add(RestOf(node));
        }

        Assert.All(rests, rest => Assert.InRange(rest, seconds, seconds * 1.1));
        Assert.True(rests.Distinct().Count() > 1, "All pods would come back at the same moment.");
    }

    [Fact]
    public void A_resting_node_is_left_out_until_its_rest_is_over_and_then_tried_by_one()
    {
        NodeList nodes = Nodes(2);
        nodes.Failed(Use(nodes, "a"));

        Assert.All(Names(nodes, 10), static name => Assert.Equal("b", name));
        _time.Advance(TimeSpan.FromSeconds(0.99));
        Assert.All(Names(nodes, 10), static name => Assert.Equal("b", name));
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Single(Names(nodes, 10), "a");
    }

    [Fact]
    public void A_node_whose_probe_worked_is_back_for_all()
    {
        NodeList nodes = Nodes(2);
        NodeUse probe = Probe(nodes);

        probe.Worked();

        Assert.Equal(5, Names(nodes, 10).Count(static name => name == "a"));
        nodes.Failed(Use(nodes, "a"));
        Assert.InRange(RestOf(probe.Node), 1, 1.1);
    }

    [Fact]
    public void A_node_whose_probe_failed_rests_twice_as_long()
    {
        NodeList nodes = Nodes(2);
        NodeUse probe = Probe(nodes);

        nodes.Failed(probe);

        Assert.InRange(RestOf(probe.Node), 2, 2.2);
        Assert.All(Names(nodes, 10), static name => Assert.Equal("b", name));
    }

    [Fact]
    public void A_probe_that_was_abandoned_leaves_the_next_try_to_another_request()
    {
        NodeList nodes = Nodes(2);
        NodeUse probe = Probe(nodes);
        Assert.All(Names(nodes, 4), static name => Assert.Equal("b", name));

        probe.Abandoned();

        Assert.Single(Names(nodes, 10), "a");
    }

    [Fact]
    public void Failures_of_requests_that_were_under_way_count_once_however_late_they_are_noticed()
    {
        NodeList nodes = Nodes(2);
        NodeUse[] underWay = [.. Enumerable.Range(0, 100).Select(_ => Use(nodes, "a"))];

        Assert.All(underWay[..50], use => nodes.Failed(use));
        Assert.InRange(RestOf(underWay[0].Node), 1, 1.1);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.All(underWay[50..], use => nodes.Failed(use));

        Assert.InRange(RestOf(underWay[0].Node), -4, -3.9);
        Assert.Single(Names(nodes, 10), "a");
    }

    /// <summary>Else a second probe, and a third, would follow each caller that leaves.</summary>
    [Fact]
    public void What_was_under_way_when_a_node_failed_neither_ends_its_probe_nor_its_rest()
    {
        NodeList nodes = Nodes(2);
        NodeUse[] before = [Use(nodes, "a"), Use(nodes, "a"), Use(nodes, "a")];
        NodeUse probe = Probe(nodes);

        before[0].Abandoned();
        before[1].Worked();
        nodes.Failed(before[2]);

        Assert.All(Names(nodes, 10), static name => Assert.Equal("b", name));
        probe.Worked();
        before[0].Abandoned();
        nodes.Failed(before[2]);
        Assert.True(probe.Node.IsLive);
    }

    [Fact]
    public void Where_all_rest_the_one_that_has_rested_longest_is_asked_and_then_the_next()
    {
        NodeList nodes = Nodes(3);
        nodes.Failed(Use(nodes, "b"));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        nodes.Failed(Use(nodes, "c"));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        nodes.Failed(Use(nodes, "a"));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        List<Node> tried = [];

        Assert.All(["b", "c", "a"], name =>
        {
            NodeUse use = nodes.Next(tried)!.Value;
            tried.Add(use.Node);
            Assert.Equal((name, false), (use.Node.Address.Host, use.IsProbe));
        });
        Assert.Null(nodes.Next(tried));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(3, Names(nodes, 3).Distinct().Count());
    }

    /// <summary>The end of its rest may be far away still, and the others may be dead for good.</summary>
    [Fact]
    public void Where_all_rest_a_long_rest_is_no_hindrance()
    {
        NodeList nodes = Nodes(2);
        NodeUse a = Use(nodes, "a");
        for (int i = 0; i < 10; i++)
        {
            nodes.Failed(a);
            _time.Advance(TimeSpan.FromMinutes(2));
            a = Use(nodes, "a");
        }

        nodes.Failed(a);
        _time.Advance(TimeSpan.FromSeconds(1));
        nodes.Failed(Use(nodes, "b"));

        Assert.Equal("a", nodes.Next([])?.Node.Address.Host);
    }

    [Fact]
    public void Requests_to_resting_nodes_do_not_make_their_rest_longer()
    {
        NodeList nodes = Nodes(1);
        NodeUse first = Use(nodes, "a");
        nodes.Failed(first);
        NodeUse[] resting = [.. Enumerable.Range(0, 100).Select(_ => Use(nodes, "a"))];
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.All(resting, use => nodes.Failed(use));

        Assert.InRange(RestOf(first.Node), -4, -3.9);
    }

    /// <summary>It was asked before its rest was over, for all rested; it worked; and it failed again at once.</summary>
    [Fact]
    public void A_node_that_worked_during_its_rest_and_fails_again_rests_again()
    {
        NodeList nodes = Nodes(2);
        nodes.Failed(Use(nodes, "a"));
        nodes.Failed(Use(nodes, "b"));
        Use(nodes, "a").Worked();
        Assert.All(Names(nodes, 10), static name => Assert.Equal("a", name));

        nodes.Failed(Use(nodes, "a"));

        Assert.False(nodes.InTurn[0].IsLive);
        Assert.InRange(RestOf(nodes.InTurn[0]), 1, 1.1);
    }

    [Fact]
    public void What_a_node_said_is_known_by_who_heard_it_and_forgotten_with_its_failure()
    {
        var node = new Node(new Uri("http://a/"));
        Info heard = node.Learned("""{"name":"es01","cluster_name":"c"}"""u8.ToArray());
        node.Learned(isOldServer: true);

        Assert.Equal(("es01", "es01", true), (heard.Node, node.Info?.Node, node.IsOldServer));

        node.Failed(node.TryUse(_time.GetUtcNow())!.Value, _time.GetUtcNow());
        Info late = node.Learned("""{"name":"es02","cluster_name":"c"}"""u8.ToArray());
        node.Learned(isOldServer: true);

        Assert.Equal(("es02", null, false), (late.Node, node.Info?.Node, node.IsOldServer));
    }

    [Theory]
    [InlineData("http://a:9200", "http://a:9200/")]
    [InlineData("http://a:9200/es", "http://a:9200/es/")]
    [InlineData("http://a:9200/es/", "http://a:9200/es/")]
    public void A_nodes_address_ends_in_a_slash(string given, string address) =>
        Assert.Equal(address, new Node(new Uri(given)).Address.AbsoluteUri);

    [Fact]
    public void Nodes_that_the_cluster_names_take_turns_and_those_that_stay_keep_their_state()
    {
        NodeList nodes = Nodes(2);
        nodes.Failed(Use(nodes, "a"));
        Node a = nodes.InTurn[0];

        Assert.True(nodes.Replace([new Uri("http://c"), new Uri("http://a")]));

        Assert.Contains(a, nodes.InTurn);
        Assert.All(Names(nodes, 10), static name => Assert.Equal("c", name));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(Names(nodes, 10), "a");
        Assert.False(nodes.Replace([new Uri("http://a/"), new Uri("http://c/")]));
        Assert.Equal(2, nodes.InTurn.Count);
    }

    [Fact]
    public void Configured_nodes_that_the_cluster_does_not_name_are_asked_only_where_all_others_rest()
    {
        NodeList nodes = Nodes(2);
        nodes.Replace([new Uri("http://c"), new Uri("http://d")]);
        Assert.Equal(["c", "d"], Names(nodes, 10).Distinct().Order(StringComparer.Ordinal));

        nodes.Failed(Use(nodes, "c"));
        nodes.Failed(Use(nodes, "d"));

        Assert.All(Names(nodes, 10), static name => Assert.True(name is "a" or "b", name));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["c", "d"], Names(nodes, 2).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_verdict_on_a_node_that_has_gone_meanwhile_harms_nobody()
    {
        NodeList nodes = Nodes(2);
        NodeUse a = Use(nodes, "a");
        nodes.Replace([new Uri("http://b"), new Uri("http://c")]);

        nodes.Failed(a);

        Assert.Equal(["b", "c"], Names(nodes, 10).Distinct().Order(StringComparer.Ordinal));
    }

    private static string[] Names(NodeList nodes, int requests) =>
        [.. Enumerable.Range(0, requests).Select(_ => nodes.Next([])?.Node.Address.Host ?? "none")];

    /// <summary>The next use of this node; those of others that come before it work.</summary>
    private static NodeUse Use(NodeList nodes, string name)
    {
        for (int i = 0; i < 10; i++)
        {
            NodeUse use = nodes.Next([])!.Value;
            if (use.Node.Address.Host == name)
            {
                return use;
            }
        }

        throw new InvalidOperationException($"It is never the turn of {name}.");
    }

    /// <summary>Node a after a failure and its rest, in the hands of the one request that tries it.</summary>
    private NodeUse Probe(NodeList nodes)
    {
        nodes.Failed(Use(nodes, "a"));
        _time.Advance(TimeSpan.FromSeconds(2));
        NodeUse probe = Use(nodes, "a");
        Assert.True(probe.IsProbe);
        return probe;
    }

    private double RestOf(Node node) => (node.RestsUntil - _time.GetUtcNow()).TotalSeconds;

    private NodeList Nodes(int count) => new(Enumerable.Range(0, count).Select(static i => new Uri($"http://{(char)('a' + i)}/")), _time);
}

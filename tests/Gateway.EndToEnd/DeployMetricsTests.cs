using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What <c>deploy/grafana</c> and <c>deploy/prometheus</c> ship, against what a gateway shows.</summary>
public sealed partial class DeployMetricsTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private static readonly string _rules = File.ReadAllText(DeployFiles.PathOf("prometheus", "alerts.yaml"));
    private static readonly JsonObject _dashboard = JsonNode.Parse(File.ReadAllText(DeployFiles.PathOf("grafana", "loopgate.json")))!.AsObject();

    private static IReadOnlyList<JsonObject> Panels => [.. _dashboard["panels"]!.AsArray().Select(static panel => panel!.AsObject())];

    [Fact]
    public async Task Every_series_of_the_dashboard_and_of_the_alerts_is_one_that_a_gateway_shows()
    {
        IReadOnlyList<DeployPromQl.Series> shown = await DeployMetricsPage.AfterEveryFailureAsync(Processes);
        string[] known = [.. shown.Select(static series => series.Name).Concat(shown.SelectMany(static series => series.Labels.Keys)).Distinct()];

        string[] expressions = [.. DashboardExpressions(), .. RuleExpressions()];
        DeployPromQl.Selector[] missing =
            [.. expressions.SelectMany(DeployPromQl.SelectorsOf).Where(selector => !shown.Any(selector.Selects))];

        Output.WriteLine($"{expressions.Length} expressions, {shown.Count} series");
        Assert.Equal(9, RuleExpressions().Count);
        Assert.Empty(missing.Select(static selector => $"{selector.Name} {string.Join(',', selector.Matchers)}"));
        Assert.Empty(Name.Matches(_rules + _dashboard.ToJsonString()).Select(static match => match.Value).Distinct().Except(known));
    }

    [Fact]
    public void The_panels_do_not_overlap_and_ask_the_data_source_that_the_reader_chooses()
    {
        var cells = Panels.Select(static panel => panel["gridPos"]!).SelectMany(static at =>
            from x in Enumerable.Range(at["x"]!.GetValue<int>(), at["w"]!.GetValue<int>())
            from y in Enumerable.Range(at["y"]!.GetValue<int>(), at["h"]!.GetValue<int>())
            select (x, y)).ToList();

        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, static cell => Assert.InRange(cell.x, 0, 23));
        Assert.Equal(Panels.Count, Panels.Select(static panel => panel["id"]!.GetValue<int>()).Distinct().Count());
        Assert.All(Targets(), static target => Assert.Equal("${datasource}", target["datasource"]!["uid"]!.GetValue<string>()));
        Assert.Equal(["datasource", "job", "instance"], _dashboard["templating"]!["list"]!.AsArray().Select(static variable => variable!["name"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("check", "rules", "alerts.yaml")]
    [InlineData("test", "rules", "alerts.test.yaml")]
    [InlineData("check", "config", "prometheus.yaml")]
    public async Task Promtool_passes(params string[] arguments)
    {
        DeployFiles.NeedProgram("promtool");
        RunningProcess promtool = Processes.Start("promtool", new ProcessCommand("promtool", arguments) { Folder = DeployFiles.PathOf("prometheus") });

        int exit = await promtool.ExitAsync();

        Output.WriteLine(promtool.Tail);
        Assert.Equal(0, exit);
    }

    [Fact]
    public void Each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_is_silent()
    {
        string tests = File.ReadAllText(DeployFiles.PathOf("prometheus", "alerts.test.yaml"));
        Assert.All(AlertName.Matches(_rules).Select(static match => match.Groups[1].Value), alert =>
        {
            Assert.Matches($@"alertname: {alert}(?:\n\s+|, )exp_alerts:", tests);
            Assert.Matches($@"alertname: {alert}\}}", tests);
        });
    }

    private static IEnumerable<JsonObject> Targets() =>
        Panels.SelectMany(static panel => panel["targets"]?.AsArray() ?? []).Select(static target => target!.AsObject());

    private static IEnumerable<string> DashboardExpressions() => Targets().Select(static target => target["expr"]!.GetValue<string>());

    private static IReadOnlyList<string> RuleExpressions() =>
        [.. Expression.Matches(_rules).Select(static match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)];

    /// <summary>Names of metrics and labels, wherever they stand: expressions, legends, texts.</summary>
    [GeneratedRegex(@"\b(?:loopgate|http|db|kestrel|server|error)_[a-z_]+\b")]
    private static partial Regex Name { get; }

    [GeneratedRegex(@"^ +expr: (?:\|\n((?: {10,}\S.*\n)+)|(\S.*))", RegexOptions.Multiline)]
    private static partial Regex Expression { get; }

    [GeneratedRegex("alert: (\\w+)")]
    private static partial Regex AlertName { get; }
}

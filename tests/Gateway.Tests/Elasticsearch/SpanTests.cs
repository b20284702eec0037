using System.Globalization;
using System.Text.Json;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>What a trace says of a call to the cluster: rule 8 of the traces' design, and the attempts below it.</summary>
public sealed class SpanTests
{
    [Fact]
    public async Task The_operation_says_which_call_to_which_node_of_which_cluster_it_was()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node, ("ApiKey", "id:s3cr3t"));

        await scene.GetsInfoAsync();

        TraceOfOne trace = await scene.Gateway.TraceAsync();
        JsonElement operation = trace.Operation;
        Assert.Equal("info", operation.GetProperty("name").GetString());
        Assert.Equal("Client", operation.GetProperty("kind").GetString());
        Assert.Equal("Unset", operation.GetProperty("status").GetString());
        Assert.Equal(trace.Server.GetProperty("spanId").GetString(), operation.GetProperty("parentSpanId").GetString());
        Assert.Equal("elasticsearch", TraceOfOne.Attribute(operation, "db.system.name"));
        Assert.Equal("info", TraceOfOne.Attribute(operation, "db.operation.name"));
        Assert.Equal("docker-cluster", TraceOfOne.Attribute(operation, "db.namespace"));
        Assert.Equal("es01", TraceOfOne.Attribute(operation, "elasticsearch.node.name"));
        Assert.Equal("200", TraceOfOne.Attribute(operation, "db.response.status_code"));
        Assert.Equal("GET", TraceOfOne.Attribute(operation, "http.request.method"));
        Assert.Equal("127.0.0.1", TraceOfOne.Attribute(operation, "server.address"));
        Assert.Equal(node.Address.Port.ToString(CultureInfo.InvariantCulture), TraceOfOne.Attribute(operation, "server.port"));
        Assert.Equal(node.Address.AbsoluteUri, TraceOfOne.Attribute(operation, "url.full"));
        Assert.Null(TraceOfOne.Attribute(operation, "error.type"));
        Assert.Equal("elasticsearch", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.DoesNotContain("s3cr3t", JsonSerializer.Serialize(trace.Spans), StringComparison.Ordinal);
        Assert.DoesNotContain("aWQ6", JsonSerializer.Serialize(trace.Spans), StringComparison.Ordinal);
    }

    /// <summary>Behind one address may be several nodes, or one that was replaced.</summary>
    [Fact]
    public async Task Each_answer_names_the_node_that_gave_it()
    {
        string[] names = ["es01", "es02", "es02", "es01"];
        int asked = 0;
        await using var node = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(Answers.Json(Answers.InfoJson.Replace("es01", names[asked++], StringComparison.Ordinal)));
            }
        });
        await using Scene scene = await Scene.StartAsync(node);

        for (int i = 0; i < names.Length; i++)
        {
            using HttpResponseMessage answer = await scene.Gateway.Client.GetAsync("/");
        }

        Assert.Equal(names.Reverse(), (await scene.Gateway.TracesAsync(names.Length)).Select(static trace =>
            TraceOfOne.Attribute(new TraceOfOne(trace).Operation, "elasticsearch.node.name")));
    }

    [Fact]
    public async Task One_client_serves_all_requests_and_counts_them()
    {
        await using var node = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(node);

        for (int i = 0; i < 3; i++)
        {
            await scene.GetsInfoAsync();
        }

        JsonElement[] operations = [.. (await scene.Gateway.TracesAsync(3)).Select(static trace => new TraceOfOne(trace).Operation)];
        string? client = Assert.Single(operations.Select(static o => TraceOfOne.Attribute(o, "loopgate.client.id")).Distinct());
        Assert.Matches("^[0-9a-f]{8}\\.1$", client!);
        Assert.Equal(["3", "2", "1"], operations.Select(static o => TraceOfOne.Attribute(o, "loopgate.client.use")));
        Assert.All(operations, static o => Assert.Equal("docker-cluster", TraceOfOne.Attribute(o, "db.namespace")));
    }

    [Fact]
    public async Task Attempts_are_http_spans_below_the_operation_each_with_its_node()
    {
        await using var bad = ScriptedServer.Always(Answers.Json("{}", "503 Service Unavailable"));
        await using var good = ScriptedServer.Always(Answers.Info);
        await using Scene scene = await Scene.StartAsync(bad, good);

        await scene.GetsInfoAsync();

        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Single(trace.Spans, static span => span.GetProperty("kind").GetString() == "Server");
        Assert.All(trace.HttpCalls, call => Assert.Equal(
            trace.Operation.GetProperty("spanId").GetString(), call.GetProperty("parentSpanId").GetString()));
        Assert.Equal(["503", "200"], trace.HttpCalls.Select(static call => TraceOfOne.Attribute(call, "http.response.status_code")));
        Assert.Equal(
            [bad.Address.AbsoluteUri, good.Address.AbsoluteUri],
            trace.HttpCalls.Select(static call => TraceOfOne.Attribute(call, "url.full")));
        Assert.All(trace.HttpCalls, static call => Assert.Equal("127.0.0.1", TraceOfOne.Attribute(call, "server.address")));
        Assert.All(trace.HttpCalls, static call => Assert.NotEmpty(call.GetProperty("links").EnumerateArray()));
    }

    [Theory]
    [InlineData("404 Not Found", "404", "cluster_broken")]
    [InlineData("429 Too Many Requests", "429", "cluster_busy")]
    [InlineData("503 Service Unavailable", "503", "cluster_broken")]
    public async Task An_operation_that_failed_says_how(string status, string code, string error)
    {
        await using var node = ScriptedServer.Always(Answers.Json("{}", status));
        await using Scene scene = await Scene.StartAsync(node);

        using HttpResponseMessage answer = await scene.GetAsync();

        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal("Error", trace.Operation.GetProperty("status").GetString());
        Assert.Equal(code, TraceOfOne.Attribute(trace.Operation, "db.response.status_code"));
        Assert.Equal(error, TraceOfOne.Attribute(trace.Operation, "error.type"));
        Assert.Equal(error, TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_operation_without_any_answer_has_an_error_and_no_status_code()
    {
        await using Scene scene = await Scene.StartAsync([new Uri("http://127.0.0.1:1/")]);

        using HttpResponseMessage answer = await scene.GetAsync();

        TraceOfOne trace = await scene.Gateway.TraceAsync();
        Assert.Equal("no_node", TraceOfOne.Attribute(trace.Operation, "error.type"));
        Assert.Null(TraceOfOne.Attribute(trace.Operation, "db.response.status_code"));
        Assert.Equal("0", TraceOfOne.Attribute(Assert.Single(trace.HttpCalls), "loopgate.connection.attempts"));
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
    }

    [Fact]
    public async Task A_request_that_may_not_wait_is_an_operation_without_attempts()
    {
        await using var node = new ScriptedServer(static connection => connection.StallAsync());
        await using Scene scene = await Scene.StartAsync(
            node, ("MaxConnectionsPerNode", "1"), ("MaxWaiting", "0"), ("AttemptTimeout", "00:00:05"));
        using var leaving = new CancellationTokenSource();

        Task<HttpResponseMessage> waiting = scene.Gateway.Client.GetAsync("/", leaving.Token);
        await Eventually.Holds(() => node.Connections.Count == 1, "the first request at the node");
        using HttpResponseMessage refused = await scene.GetsProblemAsync(503, "Too many requests wait for Elasticsearch.");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        TraceOfOne[] traces = [.. (await scene.Gateway.TracesAsync(2)).Select(static trace => new TraceOfOne(trace))];
        TraceOfOne full = traces.Single(static trace => TraceOfOne.Attribute(trace.Operation, "error.type") == "too_many_waiting");
        Assert.Empty(full.HttpCalls);
        Assert.Equal("too_many_waiting", TraceOfOne.Attribute(full.Server, "error.type"));
    }
}

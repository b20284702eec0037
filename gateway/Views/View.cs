using System.Text.Json;
using Gateway.Elasticsearch;
using Gateway.Responding;
using Gateway.Tracing;

namespace Gateway.Views;

/// <summary>Answers one route with what one Elasticsearch call returns, in the words of the Python view that it replaces.</summary>
internal sealed class View(string name, ViewOptions options, ElasticsearchClient client)
{
    private const int LargestKept = 64 * 1024;

    private readonly ElasticsearchCall _call = CallOf(options.Elasticsearch);
    private volatile Written? _last;

    public async Task AnswerAsync(HttpContext context)
    {
        RequestTrace? trace = RequestTrace.Of(context);
        trace?.ServedByElasticsearch();
        ElasticsearchResult result = await (options.SingleFlight
            ? client.GetSharedAsync(_call, trace, context.RequestAborted)
            : client.GetAsync(_call, context.RequestAborted));
        if (result.Failure is { } failure)
        {
            await context.AnswerAsync(failure, result.RetryAfter);
            return;
        }

        byte[] body;
        try
        {
            body = Write(result.Json);
        }
        catch (JsonException broken)
        {
            client.Unusable($"view {name}: the answer is not whole JSON: {broken.Message}");
            await context.AnswerAsync(Outcome.ClusterBroken);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>Always of what the cluster has just sent; but where that has not changed, the writing is not done again.</summary>
    private byte[] Write(ReadOnlyMemory<byte> json)
    {
        Written? last = _last;
        if (last is not null && last.Json.Span.SequenceEqual(json.Span))
        {
            return last.Body;
        }

        var written = new Written(json, PythonJson.Write(json, options.JsonStyle));
        _last = json.Length <= LargestKept ? written : null;
        return written.Body;
    }

    private static ElasticsearchCall CallOf(string text)
    {
        string target = text["GET /".Length..];
        return target.Length == 0 ? Info.Call : new ElasticsearchCall(OperationOf(target), target);
    }

    /// <summary>The endpoint's name in Elasticsearch's own words, made of the parts that begin with an underscore: <c>cluster.health</c>.</summary>
    private static string OperationOf(string target)
    {
        IEnumerable<string> parts = target.Split('?')[0].Split('/').SkipWhile(static part => !part.StartsWith('_'));
        string operation = string.Join('.', parts).TrimStart('_');
        return operation.Length > 0 ? operation : "indices.get";
    }

    private sealed record Written(ReadOnlyMemory<byte> Json, byte[] Body);
}

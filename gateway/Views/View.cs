using Gateway.Elasticsearch;
using Gateway.Responding;
using Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Views;

/// <summary>Answers one route with what one Elasticsearch call returns, in the words of the Python view that it replaces.</summary>
internal sealed class View(ViewTemplate template, ElasticsearchClient client)
{
    private readonly LastBody _last = new(template.Answer);

    /// <summary>Answers with the arguments that the path was found to have, and those of the query.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        Arguments arguments = ArgumentsOf(context);
        if (arguments.Invalid is not null || !template.Call.TryCompose(arguments, out ElasticsearchCall call))
        {
            await context.AnswerAsync(Outcome.ParameterInvalid, detail: $"The parameter {arguments.Invalid} is missing or has a value that is not admitted.");
            return;
        }

        RequestTrace? trace = RequestTrace.Of(context);
        trace?.ServedByElasticsearch();
        ElasticsearchResult result = await (template.SingleFlight
            ? client.GetSharedAsync(call, trace, context.RequestAborted)
            : client.GetAsync(call, context.RequestAborted));
        if (result.Failure is { } failure)
        {
            await FailAsync(context, failure, result.RetryAfter);
            return;
        }

        if (Write(result.Json, out string reason) is not { } body)
        {
            client.Unusable(template.Name, reason);
            await context.AnswerAsync(Outcome.ClusterBroken);
            return;
        }

        await SendAsync(context, body);
    }

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private Arguments ArgumentsOf(HttpContext context)
    {
        Arguments arguments = context.Features.Get<Arguments>() ?? new Arguments(template.Parameters.Length);
        if (template.Parameters.Length > template.PathParameters)
        {
            string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            arguments.ReadQuery(RequestTarget.QueryOf(target), template.Parameters, template.PathParameters);
        }

        return arguments;
    }

    /// <summary>Elasticsearch says of a missing search template what it says of a missing document; that one is the operator's affair.</summary>
    private Task FailAsync(HttpContext context, Outcome failure, TimeSpan? retryAfter)
    {
        if (failure != Outcome.DocumentMissing || template.Call.ReadsDocument)
        {
            return context.AnswerAsync(failure, retryAfter);
        }

        client.Unusable(template.Name, "the search template is missing");
        return context.AnswerAsync(Outcome.ClusterBroken);
    }

    private ReadOnlyMemory<byte>? Write(ReadOnlyMemory<byte> json, out string reason)
    {
        reason = "";
        if (_last.TryGet(json, out ReadOnlyMemory<byte> body))
        {
            return body;
        }

        if (!AnswerBody.TryWrite(json, template, out body, out reason))
        {
            return null;
        }

        _last.Keep(json, body);
        return body;
    }
}

using System.Net;

namespace Gateway.Elasticsearch;

/// <summary>Between Elastic's client, which reads answers of any size, and our pool: reads them as far as they may go.</summary>
internal sealed class AnswerHandler(HttpMessageHandler pool, AnswerReader answers) : DelegatingHandler(pool)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        NodeAnswer answer = await answers.ReadAsync(response, cancellationToken);
        if (answer is not { Result: NodeResult.Answered, ContentEncoding: null })
        {
            response.Dispose();
            throw new UnfitAnswerException(answer);
        }

        var content = new ReadOnlyMemoryContent(answer.Body);
        content.Headers.ContentType = response.Content.Headers.ContentType;
        response.Content.Dispose();
        response.Content = content;
        return response;
    }

    /// <summary>The library disposes handlers as it likes; the pool lives as long as the client.</summary>
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
}

/// <summary>An answer that has to be judged as it is, past the library.</summary>
internal sealed class UnfitAnswerException(NodeAnswer answer) : IOException("An answer that is not to be read any further.")
{
    public NodeAnswer Answer { get; } = answer;
}

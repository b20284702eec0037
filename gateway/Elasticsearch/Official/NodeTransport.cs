using System.Net.Http.Headers;
using Elastic.Clients.Elasticsearch;
using Elastic.Transport;
using Gateway.Tracing;
using Official = Elastic.Clients.Elasticsearch;

namespace Gateway.Elasticsearch;

/// <summary>
/// One request to one node, by Elastic's own client; compiled with <c>-p:ElasticsearchClient=Official</c> in place of ours. It has our pool of
/// connections beneath it and chooses nothing by itself: not the node, not the time, not the credentials, not a second attempt.
/// </summary>
internal sealed class NodeTransport : IDisposable
{
    private const string Json = "application/json";
    private const string ProductField = "X-Elastic-Product";
    private const string RetryField = "Retry-After";
    private static readonly string[] _names = [ProductField, RetryField];

    private readonly HttpMessageHandler _pool;
    private readonly ElasticsearchClientSettings _settings;
    private readonly Official.ElasticsearchClient _client;
    private readonly AnswerReader _answers;
    private readonly HeadersList _fields = new(_names);

    public NodeTransport(ElasticsearchOptions options, TracedConnections connections, TimeProvider time, ILogger logger)
    {
        _pool = ClusterHandler.Create(options, connections, logger);
        _answers = new AnswerReader(options.MaxAnswerBytes, time);
        var invoker = new HttpRequestInvoker((unused, _) =>
        {
            unused.Dispose();
            return new AnswerHandler(_pool, _answers);
        });
        // The pool has to have a node and is never asked for one: each request names its own.
        _settings = new ElasticsearchClientSettings(new StaticNodePool(options.Nodes[..1], randomize: false), invoker)
            // A ping, a dead node, a second attempt: NodeList's and Attempts' affair.
            .DisablePing()
            // Rotates handlers and disposes what we gave; our pool has a lifetime of its own.
            .DnsRefreshTimeout(Timeout.InfiniteTimeSpan)
            .EnableHttpCompression(false)
            .DisableMetaHeader()
            // Fixed, for each value makes a handler; the limit that counts is the token, and comes earlier.
            .RequestTimeout(options.TotalTimeout * 2);
        _client = new Official.ElasticsearchClient(_settings);
    }

    /// <summary>Sends the call to a node's URL and reads the whole answer. A cancelled caller is an exception; all else is a result.</summary>
    public async Task<NodeAnswer> SendAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        (NodeAnswer answer, Exception? failure) = await SendOnceAsync(uri, call, authorization, limit.Token);
        cancellation.ThrowIfCancellationRequested();
        return failure switch
        {
            null => answer,
            // The limit, or the pool's own for a connection to open.
            _ when failure is OperationCanceledException || limit.IsCancellationRequested => new NodeAnswer(NodeResult.TooSlow, Reason: "no whole answer in time"),
            UnfitAnswerException unfit => unfit.Answer,
            HttpRequestException failed => TransportFailure.Of(failed),
            IOException failed => TransportFailure.Of(failed),
            _ => throw new InvalidOperationException("Elastic's client failed in a way that is not the network's.", failure),
        };
    }

    public void Dispose()
    {
        ((IDisposable)_settings).Dispose();
        _pool.Dispose();
    }

    /// <summary>The library returns what fails while sending, and throws what fails otherwise, in an exception of its own.</summary>
    private async Task<(NodeAnswer Answer, Exception? Failure)> SendOnceAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        // Resolved against the node by the library: the dot keeps //host and scheme:path on this node.
        var path = new EndpointPath(call.Body.IsEmpty ? Elastic.Transport.HttpMethod.GET : Elastic.Transport.HttpMethod.POST, "." + uri.PathAndQuery);
        var configuration = new RequestConfiguration
        {
            ForceNode = new Uri(uri.GetLeftPart(UriPartial.Authority)),
            Accept = Json,
            ContentType = Json,
            Authentication = authorization is null ? null : new SentField(authorization),
            ResponseHeadersToParse = _fields,
            // Else a body of another type than the one asked for is not read.
            DisableDirectStreaming = true,
            DisableAuditTrail = true,
        };
        try
        {
            BytesResponse response = await _client.Transport.RequestAsync<BytesResponse>(
                path, call.Body.IsEmpty ? null : PostData.ReadOnlyMemory(call.Body), null, configuration, cancellation);
            ApiCallDetails details = response.ApiCallDetails;
            return details.HttpStatusCode is { } status ? (AnswerOf(status, details), null) : (default, details.OriginalException);
        }
        catch (TransportException failed)
        {
            return (default, failed.InnerException ?? failed);
        }
    }

    private NodeAnswer AnswerOf(int status, ApiCallDetails details) => new(
        NodeResult.Answered,
        status,
        details.ResponseBodyInBytes,
        MediaTypeHeaderValue.TryParse(details.ResponseContentType, out MediaTypeHeaderValue? type) ? type.MediaType?.ToLowerInvariant() : null,
        ContentEncoding: null,
        Field(details, ProductField),
        RetryConditionHeaderValue.TryParse(Field(details, RetryField), out RetryConditionHeaderValue? wait) ? _answers.RetryAfter(wait) : null);

    private static string? Field(ApiCallDetails details, string name) =>
        details.TryGetHeader(name, out IEnumerable<string>? values) ? string.Join(", ", values ?? []) : null;

    /// <summary>The field as it is, in the words of the library, which has none for a bearer token.</summary>
    private sealed class SentField(AuthenticationHeaderValue sent) : AuthorizationHeader
    {
        public override string AuthScheme => sent.Scheme;

        public override bool TryGetAuthorizationParameters(out string value)
        {
            value = sent.Parameter ?? "";
            return true;
        }
    }
}

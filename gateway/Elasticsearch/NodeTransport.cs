using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>
/// One request to one node: the seam at which another client library can be put. Nodes, budgets, credentials and the operation's
/// span stay outside.
/// </summary>
internal sealed class NodeTransport : IDisposable
{
    private const string Peer = "elasticsearch";
    private const string ProductField = "X-Elastic-Product";
    private static readonly MediaTypeHeaderValue _json = new("application/json");

    private readonly HttpMessageInvoker _http;
    private readonly int _maxAnswerBytes;
    private readonly TimeProvider _time;

    public NodeTransport(ElasticsearchOptions options, TracedConnections connections, TimeProvider time)
    {
        _time = time;
        _maxAnswerBytes = options.MaxAnswerBytes;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnectionsPerNode,
            PooledConnectionIdleTimeout = options.PooledConnectionIdleTimeout,
            PooledConnectionLifetime = options.PooledConnectionLifetime,
            SslOptions = ClusterTls.Options(options),
        };
        connections.Trace(handler, Peer, isDatabase: true);
        _http = new HttpMessageInvoker(handler);
    }

    /// <summary>Sends the call to a node's URL and reads the whole answer. A cancelled caller is an exception; all else is a result.</summary>
    public async Task<NodeAnswer> SendAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using HttpResponseMessage response = await SendTwiceAsync(uri, call, authorization, limit.Token);
            return await ReadAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new NodeAnswer(NodeResult.TooSlow, Reason: "no whole answer in time");
        }
        catch (HttpRequestException failed)
        {
            return new NodeAnswer(IsConnecting(failed) ? NodeResult.Unreachable : NodeResult.Broken, Reason: ReasonOf(failed));
        }
        catch (IOException failed)
        {
            return new NodeAnswer(NodeResult.Broken, Reason: failed.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>.NET repeats a GET by itself where a pooled connection turns out to be closed, but not where it is reset, nor a POST; all calls only read.</summary>
    private async Task<HttpResponseMessage> SendTwiceAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        try
        {
            return await SendOnceAsync(uri, call, authorization, cancellation);
        }
        catch (HttpRequestException reset) when (reset.InnerException is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } })
        {
            return await SendOnceAsync(uri, call, authorization, cancellation);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(call.Method, uri) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.Authorization = authorization;
        if (!call.Body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(call.Body) { Headers = { ContentType = _json } };
        }

        return await _http.SendAsync(request, cancellation);
    }

    private async Task<NodeAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        long? length = response.Content.Headers.ContentLength;
        if (length > _maxAnswerBytes)
        {
            return new NodeAnswer(NodeResult.TooLarge, Reason: $"an answer of {length} bytes, more than MaxAnswerBytes");
        }

        if (response.Content.Headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues lengths) && (length is null || lengths.Count > 1))
        {
            // .NET would read to the end of the connection, and could not tell a whole body from a part; of two it believes the first.
            return new NodeAnswer(NodeResult.Broken, Reason: "a Content-Length that is not a number, or two of them");
        }

        // A byte more than announced: the read that finds the end needs room, and the buffer would double for it.
        var body = new ArrayBufferWriter<byte>((int)Math.Max(length ?? 0, 1023) + 1);
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        for (int read = -1; read != 0;)
        {
            read = await stream.ReadAsync(body.GetMemory(1), cancellation);
            body.Advance(read);
            if (body.WrittenCount > _maxAnswerBytes)
            {
                return new NodeAnswer(NodeResult.TooLarge, Reason: "an answer of more bytes than MaxAnswerBytes");
            }
        }

        return new NodeAnswer(
            NodeResult.Answered,
            (int)response.StatusCode,
            body.WrittenMemory,
            response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant(),
            response.Headers.NonValidated.TryGetValues(ProductField, out HeaderStringValues product) ? product.ToString() : null,
            RetryAfter(response.Headers.RetryAfter));
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? field)
    {
        TimeSpan? wait = field?.Delta ?? (field?.Date - _time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>No answer has begun: another node can be asked without anything being done twice.</summary>
    private static bool IsConnecting(HttpRequestException failed) => failed.HttpRequestError is
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    private static string ReasonOf(Exception failed) => failed.InnerException is { } inner ? $"{failed.Message} {inner.Message}" : failed.Message;
}

using System.Net;
using System.Net.Http.Headers;
using Gateway.Connections;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>
/// One request to one node: the seam at which another client library can be put. Nodes, budgets, credentials and the operation's
/// span stay outside.
/// </summary>
internal sealed class NodeTransport : IDisposable
{
    private static readonly MediaTypeHeaderValue _json = new("application/json");

    private readonly HttpMessageInvoker _http;
    private readonly AnswerReader _answers;

    public NodeTransport(ElasticsearchOptions options, TracedConnections connections, TimeProvider time, ILogger logger)
    {
        _answers = new AnswerReader(options.MaxAnswerBytes, time);
        _http = new HttpMessageInvoker(ClusterHandler.Create(options, connections, logger));
    }

    /// <summary>Sends the call to a node's URL and reads the whole answer. A cancelled caller is an exception; all else is a result.</summary>
    public async Task<NodeAnswer> SendAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(timeout, cancellation);
        try
        {
            using HttpResponseMessage response = await SendAsync(uri, call, authorization, limit.Token);
            return await _answers.ReadAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new NodeAnswer(NodeResult.TooSlow, Reason: "no whole answer in time");
        }
        catch (HttpRequestException failed)
        {
            return TransportFailure.Of(failed);
        }
        catch (IOException failed)
        {
            return TransportFailure.Of(failed);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
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
}

using System.Collections;

namespace Elastic.Transport;

// A stub: of Elastic.Transport and Elastic.Clients.Elasticsearch only the signatures that the gateway uses, written from their published
// sources, so that the code behind -p:ElasticsearchClient=Official is compiled and tested where the package is not at hand. Not the package.

public enum HttpMethod
{
    GET,
    POST,
}

public readonly record struct EndpointPath(HttpMethod Method, string PathAndQuery);

public abstract class AuthorizationHeader
{
    public abstract string AuthScheme { get; }

    public abstract bool TryGetAuthorizationParameters(out string value);
}

public sealed class HeadersList(IEnumerable<string> headers) : IEnumerable<string>
{
    public IEnumerator<string> GetEnumerator() => headers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class PostData
{
    internal ReadOnlyMemory<byte> Bytes { get; private init; }

    public static PostData ReadOnlyMemory(ReadOnlyMemory<byte> bytes) => new() { Bytes = bytes };
}

public interface IRequestConfiguration
{
    public Uri? ForceNode { get; }
}

public sealed record RequestConfiguration : IRequestConfiguration
{
    public Uri? ForceNode { get; init; }

    public string? Accept { get; init; }

    public string? ContentType { get; init; }

    public AuthorizationHeader? Authentication { get; init; }

    public HeadersList? ResponseHeadersToParse { get; init; }

    public bool? DisableDirectStreaming { get; init; }

    public bool? DisableAuditTrail { get; init; }
}

public sealed class BoundConfiguration
{
}

public abstract class NodePool
{
}

public sealed class StaticNodePool(IEnumerable<Uri> uris, bool randomize = true) : NodePool
{
    internal (int Count, bool Randomize) Given { get; } = (uris.Count(), randomize);
}

public interface IRequestInvoker
{
}

public sealed class HttpRequestInvoker(Func<HttpMessageHandler, BoundConfiguration, HttpMessageHandler> wrappingHandler) : IRequestInvoker
{
    internal HttpMessageHandler Handler { get; } = wrappingHandler(new SocketsHttpHandler(), new BoundConfiguration());
}

public abstract class TransportResponse
{
    public ApiCallDetails ApiCallDetails { get; internal set; } = new();
}

public sealed class BytesResponse : TransportResponse
{
}

public sealed class ApiCallDetails
{
    public int? HttpStatusCode { get; internal init; }

    public Exception? OriginalException { get; internal init; }

    public byte[]? ResponseBodyInBytes { get; internal init; }

    public string ResponseContentType { get; internal init; } = "";

    internal Dictionary<string, IEnumerable<string>> Fields { get; init; } = [];

    public bool TryGetHeader(string key, out IEnumerable<string>? values) => Fields.TryGetValue(key, out values);
}

public class TransportException(Exception inner) : Exception(inner.Message, inner);

public sealed class UnexpectedTransportException(Exception inner) : TransportException(inner);

using System.Net.Sockets;
using Gateway.Connections;

namespace Gateway.Elasticsearch;

/// <summary>What an exception of .NET's HTTP client means. Its own texts quote what the server sent, and stay out of the log.</summary>
internal static class TransportFailure
{
    public static NodeAnswer Of(HttpRequestException failed) => failed switch
    {
        { InnerException: TlsException tls } => new NodeAnswer(NodeResult.Unreachable, Reason: tls.Message, Cause: tls.Cause),
        { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } =>
            // No answer has begun, and no byte came from the other side: another node can be asked without anything being done twice.
            new NodeAnswer(NodeResult.Unreachable, Reason: failed.Message),
        { InnerException: NoAnswerException } =>
            new NodeAnswer(NodeResult.Broken, Reason: "the connection ended before the answer began", Cause: Causes.ConnectionEnded),
        { InnerException: IOException broken } => Of(broken),
        _ => new NodeAnswer(NodeResult.Broken, Reason: InWords(failed.HttpRequestError)),
    };

    public static NodeAnswer Of(IOException failed) => new(NodeResult.Broken, Reason: failed switch
    {
        HttpIOException { HttpRequestError: var error } => InWords(error),
        { InnerException: SocketException { SocketErrorCode: var error } } => $"the connection broke: {error}",
        _ => "the connection broke",
    });

    private static string InWords(HttpRequestError error) => error switch
    {
        HttpRequestError.InvalidResponse => "what it sent is not HTTP",
        HttpRequestError.ResponseEnded => "the connection ended before the answer did",
        HttpRequestError.ConfigurationLimitExceeded => "the head of its answer is too long",
        _ => $"the exchange failed: {error}",
    };
}

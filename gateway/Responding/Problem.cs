namespace Gateway.Responding;

/// <summary>The one table from an outcome to its status, its reason in traces (<c>error.type</c>), and its title and detail for the client.</summary>
internal readonly record struct Problem(int Status, string Reason, string Title, string Detail)
{
    /// <summary>The client is gone: seen by logs, metrics and traces only. Not in RFC 9110; the number is nginx's.</summary>
    public const int ClientLeftStatus = StatusCodes.Status499ClientClosedRequest;

    /// <summary>
    /// Kestrel's word for a connection that ended within a body; the exception shows its reason in no other way, and comes before the request is aborted
    /// or after.
    /// </summary>
    private const string BodyEndsTooSoon = "Unexpected end of request content.";

    /// <summary>What Kestrel found wrong with a body while it was read.</summary>
    public static Outcome OutcomeOf(BadHttpRequestException refused) => refused.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Outcome.BodyTooLarge,
        StatusCodes.Status408RequestTimeout => Outcome.BodyTooSlow,
        _ when refused.Message == BodyEndsTooSoon => Outcome.ClientLeft,
        _ => Outcome.RequestMalformed,
    };

    public static Problem Of(Outcome outcome) => outcome switch
    {
        Outcome.RequestMalformed => new(400, "request_malformed", "Bad Request", "The request could not be read to its end."),
        Outcome.BodyTooLarge => new(413, "body_too_large", "Content Too Large", "The request's body is larger than is taken here."),
        Outcome.BodyTooSlow => new(408, "body_too_slow", "Request Timeout", "The request's body came too slowly."),
        Outcome.MethodRefused => new(405, "method_refused", "Method Not Allowed", "The method is not served here."),
        Outcome.MethodUnknown => new(501, "method_unknown", "Not Implemented", "The method is not known here."),
        Outcome.TargetRefused => new(400, "target_refused", "Bad Request", "The request target is malformed or ambiguous."),
        Outcome.HostRefused => new(400, "host_refused", "Bad Request", "The request names no host."),
        Outcome.HostUnknown => new(421, "host_unknown", "Misdirected Request", "The host is not served here."),
        Outcome.FieldRefused => new(400, "field_refused", "Bad Request", "A header field is malformed or not allowed."),
        Outcome.ExpectationUnknown => new(417, "expectation_unknown", "Expectation Failed", "Only 100-continue can be expected."),
        Outcome.TooManyRequests => new(429, "too_many_requests", "Too Many Requests", "More requests came than one client may send."),
        Outcome.HandshakeRefused => new(400, "handshake_refused", "Bad Request", "The WebSocket's handshake is malformed."),
        Outcome.WebSocketVersionUnknown => new(426, "websocket_version_unknown", "Upgrade Required", "Only version 13 of WebSockets is spoken here."),
        Outcome.ParameterInvalid => new(400, "parameter_invalid", "Bad Request", "A parameter is missing or has a value that is not admitted."),
        Outcome.DocumentMissing => new(404, "document_missing", "Not Found", "There is no such document."),
        Outcome.ClientLeft => new(ClientLeftStatus, "client_left", "Client Closed Request", "The client left before the answer."),
        Outcome.AppUnreachable => new(502, "app_unreachable", "Bad Gateway", "The app cannot be reached."),
        Outcome.AppBroken => new(502, "app_broken", "Bad Gateway", "The app ended the exchange early or sent what is not HTTP."),
        Outcome.AppTooSlow => new(504, "app_too_slow", "Gateway Timeout", "The app did not answer in time."),
        Outcome.NoDestination => new(503, "no_destination", "Service Unavailable", "No destination is available."),
        Outcome.NoNode => new(503, "no_node", "Service Unavailable", "No Elasticsearch node can be reached."),
        Outcome.TooManyWaiting => new(503, "too_many_waiting", "Service Unavailable", "Too many requests wait for Elasticsearch."),
        Outcome.ClusterBusy => new(503, "cluster_busy", "Service Unavailable", "Elasticsearch is too busy."),
        Outcome.ClusterRefused => new(502, "cluster_refused", "Bad Gateway", "Elasticsearch refused the gateway."),
        Outcome.ClusterBroken => new(502, "cluster_broken", "Bad Gateway", "Elasticsearch sent an answer that cannot be used."),
        Outcome.ClusterTooSlow => new(504, "cluster_too_slow", "Gateway Timeout", "Elasticsearch did not answer in time."),
        _ => new(500, "gateway_failed", "Internal Server Error", "The gateway failed."),
    };
}

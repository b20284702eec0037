namespace Gateway.Responding;

/// <summary>How a request ended where the answer is our own; <see cref="Problem"/> has the status of each.</summary>
internal enum Outcome
{
    /// <summary>A bug of ours.</summary>
    GatewayFailed,

    /// <summary>The client's request, or its body, is malformed.</summary>
    RequestMalformed,

    /// <summary>The client's body is longer than a limit that the operator set.</summary>
    BodyTooLarge,

    /// <summary>The client's body comes more slowly than a limit that the operator set.</summary>
    BodyTooSlow,

    /// <summary>The method is never served here.</summary>
    MethodRefused,

    /// <summary>The method is not among those that are served.</summary>
    MethodUnknown,

    /// <summary>The request's target is malformed, or could be read in two ways.</summary>
    TargetRefused,

    /// <summary>The request names no host.</summary>
    HostRefused,

    /// <summary>The request names a host that is not served here.</summary>
    HostUnknown,

    /// <summary>A field of the request is malformed, or poses as another.</summary>
    FieldRefused,

    /// <summary>The request expects something other than <c>100-continue</c>.</summary>
    ExpectationUnknown,

    /// <summary>The client sends more requests than the operator lets one send.</summary>
    TooManyRequests,

    /// <summary>A WebSocket is asked for without a proper key, or not by GET.</summary>
    HandshakeRefused,

    /// <summary>A WebSocket of another version than 13 is asked for.</summary>
    WebSocketVersionUnknown,

    /// <summary>A parameter of a view is missing or has a value that it does not admit.</summary>
    ParameterInvalid,

    /// <summary>The document that a view reads does not exist.</summary>
    DocumentMissing,

    /// <summary>The client left before it had its answer.</summary>
    ClientLeft,

    /// <summary>No connection to the app could be had.</summary>
    AppUnreachable,

    /// <summary>The app ended the exchange early or broke the protocol.</summary>
    AppBroken,

    /// <summary>The app kept us waiting beyond a limit.</summary>
    AppTooSlow,

    /// <summary>No destination of a cluster under <c>ReverseProxy</c> is available.</summary>
    NoDestination,

    /// <summary>No Elasticsearch node could be reached.</summary>
    NoNode,

    /// <summary>Too many requests wait for Elasticsearch already.</summary>
    TooManyWaiting,

    /// <summary>Elasticsearch answered 429.</summary>
    ClusterBusy,

    /// <summary>Elasticsearch refused our credentials.</summary>
    ClusterRefused,

    /// <summary>What answered is not Elasticsearch, or its answer is broken, too large, or an error.</summary>
    ClusterBroken,

    /// <summary>Elasticsearch kept us waiting beyond a limit.</summary>
    ClusterTooSlow,
}

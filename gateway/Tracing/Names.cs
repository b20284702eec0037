namespace Gateway.Tracing;

/// <summary>Attribute names: OpenTelemetry's semantic conventions 1.44 where they have one, else ours under <c>loopgate.</c></summary>
internal static class Names
{
    public const string ServedBy = "loopgate.served_by";

    public const string LoopId = "loopgate.loop.id";
    public const string LoopUse = "loopgate.loop.use";
    public const string LoopReused = "loopgate.loop.reused";
    public const string LoopCount = "loopgate.loop.count";
    public const string LoopError = "loopgate.loop.error";
    public const string LoopDead = "loopgate.loop.dead";

    public const string ClientId = "loopgate.client.id";
    public const string ClientUse = "loopgate.client.use";

    public const string CallShared = "loopgate.call.shared";
    public const string ElasticsearchFailedNodes = "loopgate.elasticsearch.failed_nodes";

    public const string ConnectionId = "loopgate.connection.id";
    public const string ConnectionUse = "loopgate.connection.use";
    public const string ConnectionReused = "loopgate.connection.reused";
    public const string ConnectionAge = "loopgate.connection.age";
    public const string ConnectionAttempts = "loopgate.connection.attempts";
    public const string ConnectionPeer = "loopgate.connection.peer";

    /// <summary>The app answered before it had taken the whole body.</summary>
    public const string UploadStopped = "loopgate.upload.stopped";

    public const string NodeState = "loopgate.elasticsearch.node.state";

    public const string DbClientConnectionPoolName = "db.client.connection.pool.name";

    public const string ViewsResult = "loopgate.views.result";
    public const string ConfigurationResult = "loopgate.configuration.result";

    public const string DbCollectionName = "db.collection.name";
    public const string DbSystemName = "db.system.name";
    public const string DbNamespace = "db.namespace";
    public const string DbOperationName = "db.operation.name";
    public const string DbResponseStatusCode = "db.response.status_code";
    public const string ElasticsearchNodeName = "elasticsearch.node.name";
    public const string ErrorType = "error.type";
    public const string HttpRequestMethod = "http.request.method";
    public const string HttpRequestMethodOriginal = "http.request.method_original";
    public const string HttpRequestResendCount = "http.request.resend_count";
    public const string HttpResponseStatusCode = "http.response.status_code";
    public const string HttpRoute = "http.route";
    public const string NetworkPeerAddress = "network.peer.address";
    public const string NetworkProtocolVersion = "network.protocol.version";
    public const string ProxyClusterId = "proxy.cluster_id";
    public const string ProxyDestinationId = "proxy.destination_id";
    public const string ProxyRouteId = "proxy.route_id";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string UrlFull = "url.full";
    public const string UrlPath = "url.path";
    public const string UrlScheme = "url.scheme";
}

using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>The activity sources that a trace is made of, .NET's own and ours, and the names of the activities that are treated apart.</summary>
internal static class Sources
{
    public const string AspNetCore = "Microsoft.AspNetCore";
    public const string HttpClient = "System.Net.Http";
    public const string HttpConnections = "Experimental.System.Net.Http.Connections";
    public const string ElasticsearchName = "Loopgate.Elasticsearch";

    /// <summary>The one span of an HTTP request that goes out; .NET's.</summary>
    public const string HttpRequestOut = "System.Net.Http.HttpRequestOut";

    /// <summary>The span of a connection being opened: always the root of a trace of its own; .NET's.</summary>
    public const string ConnectionSetup = "Experimental.System.Net.Http.Connections.ConnectionSetup";

    /// <summary>Operations of the Elasticsearch client.</summary>
    public static readonly ActivitySource Elasticsearch = new(ElasticsearchName);
}

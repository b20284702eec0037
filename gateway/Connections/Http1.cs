namespace Gateway.Connections;

/// <summary>Which requests came over HTTP/1.x: there a connection carries one after another, and ends with the last.</summary>
internal static class Http1
{
    public static bool IsHttp1(this HttpRequest request) => Is(request.Protocol);

    /// <summary>Where no version could be read, it is none of those that say which one they are before the first request.</summary>
    public static bool Is(string protocol) => !HttpProtocol.IsHttp2(protocol) && !HttpProtocol.IsHttp3(protocol);
}

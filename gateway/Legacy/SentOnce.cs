using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>
/// .NET sends a request without content again, up to three times, where a connection ends before the answer begins: not one that does
/// something each time (RFC 9110 §9.2.2). Content of no bytes keeps it from that, and says the length that a POST should have
/// (RFC 9110 §8.6). YARP takes no content but its own; this field makes it one.
/// </summary>
internal sealed class SentOnce : RequestTransform
{
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        string method = context.ProxyRequest.Method.Method;
        if (context.ProxyRequest.Content is null && (HttpMethods.IsPost(method) || HttpMethods.IsPatch(method)))
        {
            AddHeader(context, "Content-Length", "0");
        }

        return ValueTask.CompletedTask;
    }
}

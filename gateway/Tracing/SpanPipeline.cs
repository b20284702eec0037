using System.Diagnostics;
using System.Net;
using OpenTelemetry;

namespace Gateway.Tracing;

/// <summary>
/// What happens to a span that has ended, before anything exports it. Setup spans are held back with their connection: .NET starts
/// each as the root of a trace of its own, so a sampler would keep or drop it apart from the requests that link to it.
/// </summary>
internal sealed class SpanPipeline(IEnumerable<BaseProcessor<Activity>> sinks, ConnectionRegistry connections) : CompositeProcessor<Activity>(sinks)
{
    public override void OnEnd(Activity data)
    {
        if (data.OperationName == Sources.ConnectionSetup && !data.Recorded)
        {
            return;
        }

        if (data.OperationName == Sources.HttpRequestOut)
        {
            if (data.GetTagItem(Names.ConnectionAttempts) is null)
            {
                data.AddTag(Names.ConnectionAttempts, 0);
                connections.ReleaseTargets(data);
            }
            else if (!HasOneLink(data))
            {
                connections.ReleaseTargets(data);
            }
        }

        base.OnEnd(data);
    }

    /// <summary>Exports a setup span that was held back, now that a sampled request links to it.</summary>
    public void Release(Activity setup)
    {
        setup.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        if (setup.GetTagItem(Names.NetworkPeerAddress) is string address && IPAddress.TryParse(address, out IPAddress? ip) && ip.IsIPv4MappedToIPv6)
        {
            // The sockets speak both families; what people search for is the address as it is configured.
            setup.SetTag(Names.NetworkPeerAddress, ip.MapToIPv4().ToString());
        }

        if (setup.IsStopped)
        {
            base.OnEnd(setup);
        }
    }

    /// <summary>It leads to the connection that the request was written to, which has released its setup span itself.</summary>
    private static bool HasOneLink(Activity request)
    {
        Activity.Enumerator<ActivityLink> links = request.EnumerateLinks();
        return links.MoveNext() && !links.MoveNext();
    }
}

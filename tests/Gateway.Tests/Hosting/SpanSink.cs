using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;

namespace Gateway.Tests.Hosting;

/// <summary>Stands where an exporter stands: keeps every span that is given out, as often as it is.</summary>
internal sealed class SpanSink : BaseProcessor<Activity>
{
    public ConcurrentQueue<Activity> Spans { get; } = new();

    public override void OnEnd(Activity data)
    {
        if (data.Recorded)
        {
            Spans.Enqueue(data);
        }
    }
}

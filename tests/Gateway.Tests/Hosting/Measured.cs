using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Tests.Hosting;

/// <summary>What the gateway's own counters were told while this lives, as <c>name{attribute=value}</c>.</summary>
internal sealed class Measured : IDisposable
{
    private readonly ConcurrentQueue<string> _counted = new();
    private readonly MeterListener _listener = new();

    /// <param name="instruments">The counters, each with the attributes that matter; one that is not there is left out.</param>
    public Measured(params (string Instrument, string[] Attributes)[] instruments)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Loopgate" && instruments.Any(wanted => wanted.Instrument == instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            string[] wanted = instruments.First(one => one.Instrument == instrument.Name).Attributes;
            IEnumerable<string> found = tags.ToArray().Where(tag => wanted.Contains(tag.Key)).Select(static tag => $"{tag.Key}={tag.Value}");
            _counted.Enqueue($"{instrument.Name}{{{string.Join(',', found)}}}");
        });
        _listener.Start();
    }

    public IReadOnlyList<string> Counted => [.. _counted];

    public void Dispose() => _listener.Dispose();
}

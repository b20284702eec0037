using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Hosting;

/// <summary>What one gateway's own instruments were told while this lives.</summary>
internal sealed class Measured : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, double Value, string Attributes)> _values = new();
    private readonly MeterListener _listener = new();
    private readonly (string Instrument, string[] Attributes)[] _wanted;

    /// <param name="gateway">Whose; a host of an earlier test may still be known to .NET.</param>
    /// <param name="instruments">Their names, each with the attributes that matter; one that is not there is left out.</param>
    public Measured(GatewayHost gateway, params (string Instrument, string[] Attributes)[] instruments)
    {
        _wanted = instruments;
        IMeterFactory factory = gateway.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instruments.Any(wanted => wanted.Instrument == instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>In the order they were told, as <c>name{attribute=value,attribute=value}</c>.</summary>
    public IReadOnlyList<string> Counted => [.. _values.Select(static told => $"{told.Instrument}{{{told.Attributes}}}")];

    /// <summary>What this instrument was told.</summary>
    public IReadOnlyList<(double Value, string Attributes)> Of(string instrument) =>
        [.. _values.Where(told => told.Instrument == instrument).Select(static told => (told.Value, told.Attributes))];

    /// <summary>What this observable instrument says now.</summary>
    public IReadOnlyList<(double Value, string Attributes)> Observe(string instrument)
    {
        int before = Of(instrument).Count;
        _listener.RecordObservableInstruments();
        return [.. Of(instrument).Skip(before)];
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string[] attributes = _wanted.First(wanted => wanted.Instrument == instrument.Name).Attributes;
        IEnumerable<string> found = tags.ToArray().Where(tag => attributes.Contains(tag.Key)).Select(static tag => $"{tag.Key}={tag.Value}");
        _values.Enqueue((instrument.Name, value, string.Join(',', found)));
    }
}

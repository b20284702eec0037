using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Tests.Hosting;
using Gateway.Tracing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry;

namespace Gateway.Tests.Truth;

/// <summary>Stands where an exporter stands, and reduces each span to what it claims as soon as it is given out. Counts what the metrics say too.</summary>
internal sealed class Witness : BaseProcessor<Activity>
{
    private const string Waiting = "Experimental.System.Net.Http.Connections.WaitForConnection";

    private readonly Chance _chance;
    private readonly ConcurrentQueue<Claim> _claims = new();
    private readonly ConcurrentDictionary<ActivitySpanId, string> _setups = new();
    private readonly ConcurrentDictionary<ActivitySpanId, bool> _waiting = new();
    private readonly ConcurrentQueue<string> _lies = new();
    private readonly MeterListener _meters = new();
    private long _uses;
    private long _loops;

    private Witness(Chance chance) => _chance = chance;

    public IReadOnlyCollection<Claim> Claims => _claims;

    /// <summary>The ids of connections by their setup spans, which requests link to.</summary>
    public IReadOnlyDictionary<ActivitySpanId, string> Setups => _setups;

    /// <summary>What was found wrong as soon as it was seen.</summary>
    public IReadOnlyCollection<string> Lies => _lies;

    /// <summary>How often a connection was used, by the gateway's own metric.</summary>
    public long Uses => Interlocked.Read(ref _uses);

    /// <summary>How many Server spans name a loop.</summary>
    public long Loops => Interlocked.Read(ref _loops);

    /// <summary>A gateway whose spans go to a witness, and to nobody else.</summary>
    public static async Task<(GatewayHost Gateway, Witness Witness)> StartAsync(Chance chance, params (string Key, string Value)[] settings)
    {
        var witness = new Witness(chance);
        GatewayHost gateway = await GatewayHost.StartAsync(
            builder => builder.Services.RemoveAll<BaseProcessor<Activity>>().AddSingleton<BaseProcessor<Activity>>(witness),
            [("Inspect:Traces", "0"), .. settings]);
        witness.CountUses(gateway.Services.GetRequiredService<IMeterFactory>());
        return (gateway, witness);
    }

    public override void OnEnd(Activity data)
    {
        switch (data.OperationName)
        {
            case Sources.HttpRequestOut:
                _claims.Enqueue(Claim.Of(data, _waiting.TryRemove(data.SpanId, out _)));
                break;
            case Sources.ConnectionSetup when !_setups.TryAdd(data.SpanId, (string)data.GetTagItem(Names.ConnectionId)!):
                _lies.Enqueue($"The setup span of {data.GetTagItem(Names.ConnectionId)} was given out twice.");
                break;
            case Waiting:
                _waiting[data.ParentSpanId] = true;
                break;
            default:
                HoldLoop(data);
                break;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _meters.Dispose();
        base.Dispose(disposing);
    }

    private void CountUses(IMeterFactory factory)
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "loopgate.connection.uses" && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _uses, count));
        _meters.Start();
    }

    /// <summary>The loop that the app's own answer named, and no other, is on the Server span.</summary>
    private void HoldLoop(Activity span)
    {
        if (span.Kind == ActivityKind.Server && span.GetTagItem(Names.ServedBy) is "legacy" && span.GetTagItem(Names.LoopId) is string id)
        {
            Interlocked.Increment(ref _loops);
            long use = (long)span.GetTagItem(Names.LoopUse)!;
            string path = (string)span.GetTagItem("url.path")!;
            bool said = $"id={id};use={use}" == MoodyBackend.LoopReport(_chance, MoodyBackend.NumberIn(path));
            if (!said || span.GetTagItem(Names.LoopReused) is not bool reused || reused != use > 1)
            {
                _lies.Enqueue($"{path}: loop {id}, use {use}, reused {span.GetTagItem(Names.LoopReused)}");
            }
        }
    }
}

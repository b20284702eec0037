using System.Collections.Immutable;
using System.Diagnostics;
using Gateway.Tracing;
using OpenTelemetry;

namespace Gateway.Inspect;

/// <summary>The last traces, in memory. Setup spans, each the root of a trace of its own, are kept apart, so that they do not crowd out requests.</summary>
internal sealed class TraceStore(InspectOptions options) : BaseProcessor<Activity>
{
    /// <summary>How many spans of one trace are kept: a trusted caller may put all its requests into the same.</summary>
    private const int MaxSpans = 1000;

    /// <summary>How many letters a trace may have in the values of its attributes, on the average: an ordinary one has some 150.</summary>
    private const int MeanLetters = 2048;

    private readonly Lock _lock = new();
    private readonly Ring _requests = new(options.Traces);
    private readonly Ring _setups = new(options.Traces);

    public override void OnEnd(Activity data)
    {
        if (data.Recorded)
        {
            lock (_lock)
            {
                (data.OperationName == Sources.ConnectionSetup ? _setups : _requests).Add(data);
            }
        }
    }

    /// <summary>The spans of each request's trace, the youngest trace first.</summary>
    public IEnumerable<IReadOnlyList<Activity>> Requests()
    {
        ImmutableArray<Activity>[] all;
        lock (_lock)
        {
            all = _requests.All();
        }

        return all.Reverse().Select(static trace => (IReadOnlyList<Activity>)trace);
    }

    /// <summary>The spans of one trace, of a request or of a connection being opened; empty where it is not kept any more.</summary>
    public IReadOnlyList<Activity> Find(ActivityTraceId traceId)
    {
        lock (_lock)
        {
            return (_requests.Find(traceId) ?? _setups.Find(traceId)) is { } spans ? spans : [];
        }
    }

    private static int LettersOf(Activity span)
    {
        int letters = 0;
        foreach ((_, object? value) in span.EnumerateTagObjects())
        {
            letters += (value as string)?.Length ?? 0;
        }

        return letters;
    }

    /// <summary>
    /// Traces in the order of their first span that ended; the oldest go when a new one comes, or where the texts of all, which clients
    /// write, are too long.
    /// </summary>
    private sealed class Ring(int capacity)
    {
        // Immutable, so that all can be handed out at once: who ends a span waits for whoever reads.
        private readonly Dictionary<ActivityTraceId, ImmutableArray<Activity>> _traces = [];
        private readonly Queue<ActivityTraceId> _order = new();
        private long _letters;

        public void Add(Activity span)
        {
            if (!_traces.TryGetValue(span.TraceId, out ImmutableArray<Activity> trace))
            {
                if (_order.Count == capacity)
                {
                    ForgetOldest();
                }

                _order.Enqueue(span.TraceId);
                trace = [];
            }

            if (trace.Length < MaxSpans)
            {
                _traces[span.TraceId] = trace.Add(span);
                _letters += LettersOf(span);
            }

            while (_letters > (long)capacity * MeanLetters && _order.Peek() != span.TraceId)
            {
                ForgetOldest();
            }
        }

        /// <summary>The oldest first.</summary>
        public ImmutableArray<Activity>[] All() => [.. _order.Select(id => _traces[id])];

        public ImmutableArray<Activity>? Find(ActivityTraceId traceId) => _traces.TryGetValue(traceId, out ImmutableArray<Activity> spans) ? spans : null;

        private void ForgetOldest()
        {
            _traces.Remove(_order.Dequeue(), out ImmutableArray<Activity> oldest);
            _letters -= oldest.Sum(LettersOf);
        }
    }
}

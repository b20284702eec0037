using System.Collections.Concurrent;
using Gateway.Responding;

namespace Gateway.Elasticsearch;

/// <summary>Says of each kind of failure once a minute that it happens: under load the same sentence a thousand times helps nobody.</summary>
internal sealed partial class FailureLog(ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan _every = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<Outcome, long> _lastSaid = new();

    public void Failed(Outcome outcome, string reason)
    {
        long now = time.GetTimestamp();
        long last = _lastSaid.GetOrAdd(outcome, long.MinValue);
        if (last != long.MinValue && time.GetElapsedTime(last, now) < _every)
        {
            return;
        }

        if (!_lastSaid.TryUpdate(outcome, now, last))
        {
            return;
        }

        if (outcome == Outcome.ClusterRefused)
        {
            Log.Refused(logger, reason);
        }
        else
        {
            Log.Failed(logger, Problem.Of(outcome).Reason, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "Elasticsearch: {Outcome}: {Reason}. Said at most once a minute.")]
        public static partial void Failed(ILogger logger, string outcome, string reason);

        [LoggerMessage(EventId = 401, Level = LogLevel.Error,
            Message = "Elasticsearch refuses the gateway's credentials: {Reason}. Check the keys under Elasticsearch. Said at most once a minute.")]
        public static partial void Refused(ILogger logger, string reason);
    }
}

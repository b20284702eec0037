using System.Collections.Concurrent;
using Gateway.Responding;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>Says of each failure, by its outcome and cause, once a minute that it happens: under load the same sentence a thousand times helps nobody.</summary>
internal sealed partial class FailureLog(ILogger logger, TimeProvider time)
{
    private readonly ConcurrentDictionary<(Outcome, string?), OncePerMinute> _kinds = new();
    private readonly ConcurrentDictionary<(string Node, string Cause), OncePerMinute> _passedOver = new();

    /// <param name="outcome">How the request ended.</param>
    /// <param name="reason">Why, in a sentence for operators.</param>
    /// <param name="cause">Why, in one of few words: another cause is said at once.</param>
    public void Failed(Outcome outcome, string reason, string? cause = null)
    {
        if (!_kinds.GetOrAdd((outcome, cause), static (_, time) => new OncePerMinute(time), time).IsDue())
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

    /// <summary>A node has failed and another one is asked, so that no client notices: of each node, each cause is said once a minute.</summary>
    public void PassedOver(string node, string cause, string reason)
    {
        if (!_passedOver.GetOrAdd((node, cause), static (_, time) => new OncePerMinute(time), time).IsDue())
        {
            return;
        }

        if (Causes.IsForOperator(cause))
        {
            Log.Unusable(logger, node, reason);
        }
        else
        {
            Log.PassedOver(logger, node, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "Elasticsearch: {Outcome}: {Reason}. Said at most once a minute.")]
        public static partial void Failed(ILogger logger, string outcome, string reason);

        [LoggerMessage(EventId = 401, Level = LogLevel.Error,
            Message = "The gateway has no credentials that Elasticsearch takes: {Reason}. Check the keys under Elasticsearch. Said at most once a minute.")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(EventId = 406, Level = LogLevel.Warning,
            Message = "Elasticsearch: {Node} cannot be used and is passed over: {Reason}. Said at most once a minute.")]
        public static partial void Unusable(ILogger logger, string node, string reason);

        [LoggerMessage(EventId = 407, Level = LogLevel.Information,
            Message = "Elasticsearch: {Node} has failed and is passed over: {Reason}. Said at most once a minute.")]
        public static partial void PassedOver(ILogger logger, string node, string reason);
    }
}

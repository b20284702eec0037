using System.Globalization;
using System.Text.Json;
using Gateway.Responding;

namespace Gateway.Elasticsearch;

/// <summary>Which answers of a node are Elasticsearch's, and what the others mean.</summary>
// In one file, so that it can be read as what it is: a table.
internal static class AnswerRules
{
    private const string Product = "Elasticsearch";
    private const string Tagline = "You Know, for Search";

    /// <summary>Another node may do better: it was not reached, too slow, or answered that somebody behind it was.</summary>
    public static bool IsWorthAnotherNode(in NodeAnswer answer) =>
        answer is { Result: NodeResult.Unreachable or NodeResult.TooSlow or NodeResult.Broken }
        || (answer is { Status: 502 or 503 or 504 } && !IsAboutTheIndex(answer));

    public static bool IsJson(string? contentType) => contentType is "application/json" or "application/vnd.elasticsearch+json";

    /// <summary>How an attempt ended, in the words of metrics.</summary>
    public static string ReasonOf(in NodeAnswer answer) => answer switch
    {
        { Cause: { } cause } => cause,
        { Result: NodeResult.Answered } => "answered",
        { Result: NodeResult.Unreachable } => "unreachable",
        { Result: NodeResult.TooSlow } => "too_slow",
        { Result: NodeResult.TooLarge } => "too_large",
        _ => "broken",
    };

    /// <summary>What tells failures of one outcome apart, in one of few words; null where nothing does.</summary>
    public static string? CauseOf(in NodeAnswer answer) =>
        answer.Cause ?? (answer.Status > 0 ? answer.Status.ToString(CultureInfo.InvariantCulture) : null);

    /// <summary>Judges an answer: null where it can be used, else the outcome, and in words why.</summary>
    /// <param name="answer">What the node answered.</param>
    /// <param name="isOldServer">The node has shown to be a server before 7.14, which does not name its product.</param>
    /// <param name="reason">What is said of a failure in the log.</param>
    public static Outcome? Judge(in NodeAnswer answer, bool isOldServer, out string reason)
    {
        reason = (answer.Cause, answer.Reason) switch
        {
            ({ } cause, _) => $"{cause}: {answer.Reason}",
            (_, { } known) => known,
            _ when answer.Status == 200 => "",
            _ => ErrorTypeOf(answer.Body) is { } type ? $"status {answer.Status}, {Short(type)}" : $"status {answer.Status}",
        };
        Outcome? failure = answer switch
        {
            { Result: NodeResult.Unreachable } => Outcome.NoNode,
            { Result: NodeResult.TooSlow } => Outcome.ClusterTooSlow,
            { Result: NodeResult.NotSent } => Outcome.TooManyWaiting,
            { Result: NodeResult.Broken or NodeResult.TooLarge } => Outcome.ClusterBroken,
            { Status: 401 or 403 } => Outcome.ClusterRefused,
            { Status: 429 } => Outcome.ClusterBusy,
            { Status: not (200 or 404) } => Outcome.ClusterBroken,
            _ => null,
        };
        if (failure is not null)
        {
            return failure;
        }

        if (answer.ContentEncoding is { } encoding)
        {
            // Never decoded, so that nothing can swell.
            reason = $"content encoding '{Short(encoding)}' was not asked for";
            return Outcome.ClusterBroken;
        }

        if (!IsJson(answer.ContentType))
        {
            reason = $"content type '{Short(answer.ContentType)}' instead of JSON";
            return Outcome.ClusterBroken;
        }

        if (answer.Product is null ? !isOldServer : answer.Product != Product)
        {
            reason = "what answered is not Elasticsearch: no X-Elastic-Product, and not the greeting of a server before 7.14";
            return Outcome.ClusterBroken;
        }

        return answer.Status == 404 ? JudgeMissing(answer, ref reason) : null;
    }

    /// <summary>What a server says of itself may be long, and goes to the log.</summary>
    private static string? Short(string? value) => value?.Length > 60 ? value[..60] + "…" : value;

    /// <summary>An index whose shards are not there is a 503 too, on every node the same; the node that says so is well.</summary>
    private static bool IsAboutTheIndex(in NodeAnswer answer) =>
        answer is { Status: 503, Product: Product }
        && ErrorTypeOf(answer.Body) is "search_phase_execution_exception" or "no_shard_available_action_exception";

    /// <summary>The type of the error in Elasticsearch's words; null where there is none.</summary>
    private static string? ErrorTypeOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("error", out JsonElement error) && error.TryGetProperty("type", out JsonElement type)
                ? type.GetString()
                : null;
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What is missing: the document, which is the client's affair, or its index, which is the operator's.</summary>
    private static Outcome JudgeMissing(in NodeAnswer answer, ref string reason)
    {
        if (ErrorTypeOf(answer.Body) is { } type)
        {
            // What the endpoint _source says of a missing document; of a missing index all say index_not_found_exception.
            reason = $"status 404, {Short(type)}";
            return type == "resource_not_found_exception" ? Outcome.DocumentMissing : Outcome.ClusterBroken;
        }

        return IsNotFound(answer.Body) ? Outcome.DocumentMissing : Outcome.ClusterBroken;
    }

    private static bool IsNotFound(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("found", out JsonElement found) && found.ValueKind == JsonValueKind.False;
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>What answered may be Elasticsearch, but does not say so.</summary>
    public static bool NamesNoProduct(in NodeAnswer answer) => answer is { Result: NodeResult.Answered, Status: 200 or 404, Product: null };

    /// <summary>Servers from 7.14 on name their product in a field; older ones are known by their answer to <c>GET /</c>.</summary>
    public static bool IsOldServer(in NodeAnswer info)
    {
        if (!NamesNoProduct(info))
        {
            return false;
        }

        try
        {
            using JsonDocument greeting = JsonDocument.Parse(info.Body);
            return greeting.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("tagline", out JsonElement tagline) && tagline.ValueEquals(Tagline)
                && root.TryGetProperty("version", out JsonElement version)
                && version.TryGetProperty("number", out JsonElement number)
                && Version.TryParse(number.GetString()?.Split('-')[0], out Version? parsed) && parsed < new Version(7, 14);
        }
        catch (Exception notInfo) when (notInfo is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

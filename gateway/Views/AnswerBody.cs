using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>The body that a view makes of Elasticsearch's answer.</summary>
internal static class AnswerBody
{
    private const string NotWhole = "the answer is not whole JSON";

    /// <summary>False where the answer is not what the call should have brought; <paramref name="reason"/> says why.</summary>
    public static bool TryWrite(ReadOnlyMemory<byte> json, ViewTemplate view, [NotNullWhen(true)] out byte[]? body, out string reason)
    {
        (body, reason) = (null, "");
        try
        {
            if (view.Answer == AnswerPart.Whole && (view.Call.ReadsDocument || view.AllowPartialResults))
            {
                body = PythonJson.Write(json, view.JsonStyle);
                return true;
            }

            using JsonDocument document = PythonJson.Parse(json);
            reason = view.AllowPartialResults ? "" : WhatIsMissing(document.RootElement);
            body = reason.Length == 0 ? Write(document.RootElement, json, view) : null;
            return body is not null;
        }
        catch (Exception unusable) when (unusable is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            reason = unusable is JsonException ? $"{NotWhole}: {unusable.Message}" : $"the answer has no {(view.Answer == AnswerPart.Hits ? "hits with their _source" : "_source")}";
            return false;
        }
    }

    private static byte[] Write(JsonElement answer, ReadOnlyMemory<byte> json, ViewTemplate view) => view.Answer switch
    {
        AnswerPart.Source => PythonJson.Write(answer.GetProperty("_source"), view.JsonStyle),
        AnswerPart.Hits => PythonJson.Write([.. answer.GetProperty("hits").GetProperty("hits").EnumerateArray().Select(static hit => hit.GetProperty("_source"))], view.JsonStyle),
        _ => view.JsonStyle == PythonJsonStyle.Compact ? json.ToArray() : PythonJson.Write(answer, view.JsonStyle),
    };

    /// <summary>A search that ran out of time, or whose shards did not all answer, comes with 200 and fewer hits. (A count has no parameter that forbids it.)</summary>
    private static string WhatIsMissing(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object)
        {
            return "";
        }

        if (answer.TryGetProperty("timed_out", out JsonElement timedOut) && timedOut.ValueKind == JsonValueKind.True)
        {
            return "the search ran out of time and is not complete";
        }

        return answer.TryGetProperty("_shards", out JsonElement shards) && shards.TryGetProperty("failed", out JsonElement failed) && failed.GetInt32() > 0
            ? $"{failed.GetInt32()} of {shards.GetProperty("total").GetInt32()} shards failed"
            : "";
    }
}

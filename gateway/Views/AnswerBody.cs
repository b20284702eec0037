using System.Text.Json;

namespace Gateway.Views;

/// <summary>The body that a view makes of Elasticsearch's answer.</summary>
internal static class AnswerBody
{
    /// <summary>False where the answer is not what the call should have brought; <paramref name="reason"/> says why.</summary>
    public static bool TryWrite(ReadOnlyMemory<byte> json, ViewTemplate view, out ReadOnlyMemory<byte> body, out string reason)
    {
        (body, reason) = (default, "");
        try
        {
            if (!view.AllowPartialResults && !view.Call.ReadsDocument && WhatIsMissing(json.Span) is { } missing)
            {
                reason = missing;
                return false;
            }

            body = view.Answer switch
            {
                AnswerPart.Source => PythonJson.Write(json, view.JsonStyle, Source),
                AnswerPart.Hits => PythonJson.Write(json, view.JsonStyle, Hits),
                _ => PythonJson.Write(json, view.JsonStyle),
            };
            return true;
        }
        catch (JsonException broken)
        {
            reason = $"the answer is not whole JSON: {broken.Message}";
            return false;
        }
        catch (Exception other) when (other is InvalidOperationException or KeyNotFoundException)
        {
            reason = $"the answer has no {(view.Answer == AnswerPart.Hits ? "hits with their _source" : "_source")}";
            return false;
        }
    }

    private static void Source(PythonJsonWriter writer, ref Utf8JsonReader reader) => JsonParts.Member(writer, ref reader, "_source"u8, JsonParts.Value);

    private static void Hits(PythonJsonWriter writer, ref Utf8JsonReader reader) => JsonParts.Member(writer, ref reader, "hits"u8, HitList);

    private static void HitList(PythonJsonWriter writer, ref Utf8JsonReader reader) => JsonParts.Member(writer, ref reader, "hits"u8, Sources);

    private static void Sources(PythonJsonWriter writer, ref Utf8JsonReader reader) => JsonParts.Items(writer, ref reader, Source);

    /// <summary>
    /// A search that ran out of time, or whose shards did not all answer, comes with 200 and fewer hits. (A count has no parameter that
    /// forbids it.) Null where nothing says so; reads no further than it has to, since Elasticsearch says it before the hits.
    /// </summary>
    private static string? WhatIsMissing(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, PythonJson.Options);
        reader.Read();
        for (int known = 0; known < 2 && reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            bool isTime = reader.ValueTextEquals("timed_out"u8);
            bool isShards = reader.ValueTextEquals("_shards"u8);
            reader.Read();
            known += isTime || isShards ? 1 : 0;
            if (isTime && reader.TokenType == JsonTokenType.True)
            {
                return "the search ran out of time and is not complete";
            }

            if (isShards && FailedShards(ref reader) is { } failed)
            {
                return failed;
            }

            reader.Skip();
        }

        return null;
    }

    private static string? FailedShards(ref Utf8JsonReader reader)
    {
        using JsonDocument shards = JsonDocument.ParseValue(ref reader);
        return shards.RootElement.TryGetProperty("failed", out JsonElement failed) && CountOf(failed) > 0
            ? $"{CountOf(failed)} of {CountOf(shards.RootElement.GetProperty("total"))} shards failed"
            : null;

        static int CountOf(JsonElement number) => number.TryGetInt32(out int count) ? count : throw new JsonException("a number of shards is none.");
    }
}

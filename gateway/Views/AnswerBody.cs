using System.Globalization;
using System.Text.Json;

namespace Gateway.Views;

/// <summary>The body that a view makes of Elasticsearch's answer.</summary>
internal static class AnswerBody
{
    /// <summary>Writes the body; false where the answer is not what the call should have brought: <paramref name="reason"/> says why.</summary>
    public static bool TryWrite(ReadOnlyMemory<byte> json, ViewTemplate view, out ReadOnlyMemory<byte> body, out string reason)
    {
        (body, reason) = (default, "");
        try
        {
            if (!view.AllowPartialResults && !view.Call.ReadsDocument && WhatIsMissing(json) is { } missing)
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
            reason = $"the answer cannot be used: {broken.Message.TrimEnd('.')}";
            return false;
        }
        catch (Exception other) when (other is InvalidOperationException or KeyNotFoundException)
        {
            reason = $"the answer has no {(view.Answer == AnswerPart.Hits ? "hits with their _source" : "_source")}";
            return false;
        }
    }

    private static int Source(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at) => JsonParts.Member(writer, json, at, "_source"u8, JsonParts.Value);

    private static int Hits(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at) => JsonParts.Member(writer, json, at, "hits"u8, HitList);

    private static int HitList(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at) => JsonParts.Member(writer, json, at, "hits"u8, Sources);

    private static int Sources(PythonJsonWriter writer, ReadOnlySpan<byte> json, int at) => JsonParts.Items(writer, json, at, Source);

    /// <summary>
    /// A search that ran out of time, or whose shards did not all answer, comes with 200 and fewer hits. (A count has no parameter that
    /// forbids it.) Null where nothing says so; reads no further than it has to, since Elasticsearch says it before the hits.
    /// </summary>
    private static string? WhatIsMissing(ReadOnlyMemory<byte> json)
    {
        int at = JsonTokens.Next(json.Span, 0);
        if (json.Span[at++] != '{')
        {
            return null;
        }

        for (int members = 0, known = 0; known < 2 && JsonTokens.MoveNext(json.Span, ref at, members == 0, (byte)'}'); members++)
        {
            int end = JsonString.EndOf(json.Span, at, out _);
            ReadOnlySpan<byte> name = json.Span[(at + 1)..(end - 1)];
            int start = JsonTokens.NextBehindColon(json.Span, end);
            at = JsonTokens.EndOfValue(json.Span, start);
            (bool isTime, bool isShards) = (name.SequenceEqual("timed_out"u8), name.SequenceEqual("_shards"u8));
            known += isTime || isShards ? 1 : 0;
            if (isTime && json.Span[start] == 't')
            {
                return "the search ran out of time and is not complete";
            }

            if (isShards && FailedShards(json[start..at]) is { } failed)
            {
                return failed;
            }
        }

        return null;
    }

    private static string? FailedShards(ReadOnlyMemory<byte> json)
    {
        using JsonDocument shards = JsonDocument.Parse(json);
        (int? failed, int? total) = (CountOf(shards.RootElement, "failed"), CountOf(shards.RootElement, "total"));
        return failed > 0 ? $"{failed} of {total?.ToString(CultureInfo.InvariantCulture) ?? "all"} shards failed" : null;

        static int? CountOf(JsonElement shards, string name) =>
            shards.ValueKind != JsonValueKind.Object || !shards.TryGetProperty(name, out JsonElement number) ? null
            : number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int count) ? count
            : throw new JsonException($"its _shards have no number of shards in '{name}'");
    }
}

using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Views;

/// <summary>JSON that a person wrote: comments are allowed, members given twice are not, nor text that is no Unicode, which could be sent to nobody.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions _options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <exception cref="JsonException">The bytes are not one JSON value, have a member twice, or a text that is no Unicode.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        // Some editors begin a file so.
        json = json.Span.StartsWith("\uFEFF"u8) ? json["\uFEFF"u8.Length..] : json;
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(Utf8.IsValid(json.Span) ? json : throw new JsonException("The file is not UTF-8."), _options);
            CheckTexts(document.RootElement);
            return document;
        }
        catch (InvalidOperationException half)
        {
            document?.Dispose();
            throw new JsonException("A text is half a surrogate pair.", half);
        }
    }

    private static void CheckTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    _ = member.Name;
                    CheckTexts(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    CheckTexts(item);
                }

                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
        }
    }
}

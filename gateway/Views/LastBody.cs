namespace Gateway.Views;

/// <summary>
/// The body that was written last. The cluster is asked every time; but where it answers what it answered before, the same body is not
/// written again.
/// </summary>
/// <param name="part">What the body has of the answer.</param>
internal sealed class LastBody(AnswerPart part)
{
    private const int LargestKept = 64 * 1024;

    private volatile Written? _last;

    /// <summary>Whether the body is that of this answer too.</summary>
    public bool TryGet(ReadOnlyMemory<byte> json, out ReadOnlyMemory<byte> body)
    {
        Written? last = _last;
        bool isSame = last is not null && AreAlike(last.Json.Span, json.Span);
        body = isSame ? last!.Body : default;
        return isSame;
    }

    public void Keep(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> body) => _last = json.Length <= LargestKept ? new Written(json, body) : null;

    private bool AreAlike(ReadOnlySpan<byte> last, ReadOnlySpan<byte> json)
    {
        (int lastTime, int time) = part == AnswerPart.Hits ? (LengthOfTime(last), LengthOfTime(json)) : (0, 0);
        return (lastTime > 0) == (time > 0) && last[lastTime..].SequenceEqual(json[time..]);
    }

    /// <summary>
    /// Two answers to one search differ in the time that it took, if in nothing else; hits do not tell of it, and Elasticsearch begins with
    /// it. How long that beginning is; 0 where the answer begins otherwise.
    /// </summary>
    private static int LengthOfTime(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> name = "{\"took\":"u8;
        if (!json.StartsWith(name))
        {
            return 0;
        }

        int digits = json[name.Length..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        bool isNumber = digits == 1 || (digits > 1 && json[name.Length] != '0');
        return isNumber ? name.Length + digits : 0;
    }

    private sealed record Written(ReadOnlyMemory<byte> Json, ReadOnlyMemory<byte> Body);
}

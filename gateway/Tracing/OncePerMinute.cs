namespace Gateway.Tracing;

/// <summary>Says of what may happen a thousand times in a minute whether it is to be told, which is once, however many threads ask.</summary>
internal sealed class OncePerMinute(TimeProvider time)
{
    private const long Never = long.MinValue;
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private long _last = Never;

    public bool IsDue()
    {
        long now = time.GetTimestamp();
        long last = Interlocked.Read(ref _last);
        return (last == Never || time.GetElapsedTime(last, now) >= _minute) && Interlocked.CompareExchange(ref _last, now, last) == last;
    }
}

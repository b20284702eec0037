using System.Diagnostics;

namespace Gateway.Files;

/// <summary>
/// What one or two files say, read again when they have changed. Where they cannot be used now, for they are just being replaced or
/// are broken, what they said before stays in use.
/// </summary>
internal sealed class LiveFiles<T>(Func<(T? Value, string? Problem)> read, string file, string? other = null)
    where T : class
{
    private const int MostTries = 3;
    private static readonly TimeSpan _moment = TimeSpan.FromSeconds(1);

    private volatile Version? _running;
    private long _wrongSince;
    private bool _isSaid;

    /// <summary>What they say, null where they have never been usable; <paramref name="problem"/> is what is wrong with them now.</summary>
    public T? Get(out string? problem)
    {
        problem = null;
        try
        {
            for (int tries = 1; tries <= MostTries; tries++)
            {
                // The time first: a change in between is then found the next time.
                (DateTime, DateTime) written = Written();
                problem = _running?.Written == written ? null : Read(written);
                if (problem is null || Written() == written)
                {
                    break;
                }

                // Replaced while they were read, one before and the other behind: they may fit each other now.
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problem = UnreadableFiles.Sentence(unreadable, file, other);
        }

        return _running?.Value;
    }

    /// <summary>
    /// The same; what is wrong is said once, and again only after the files have been good in between. Not at first sight where an older version
    /// is in use: they may only be being replaced.
    /// </summary>
    public T? Get(Action<string> say, out string? problem)
    {
        T? value = Get(out problem);
        if (problem is null)
        {
            (_wrongSince, _isSaid) = (0, false);
        }
        else if ((value is null || IsNoMoment()) && !Interlocked.Exchange(ref _isSaid, true))
        {
            say(problem);
        }

        return value;
    }

    /// <inheritdoc cref="Get(Action{string}, out string)"/>
    public T? Get(Action<string> say) => Get(say, out _);

    /// <summary>Reads them whatever the times say: two versions may be written within one tick of a coarse clock.</summary>
    public T? Reread(out string? problem)
    {
        _running = _running is { } running ? running with { Written = default } : null;
        return Get(out problem);
    }

    /// <summary>Whether this has been so for more than a moment.</summary>
    private bool IsNoMoment()
    {
        long now = Stopwatch.GetTimestamp();
        long since = Interlocked.CompareExchange(ref _wrongSince, now, 0);
        return since != 0 && Stopwatch.GetElapsedTime(since, now) >= _moment;
    }

    private string? Read((DateTime, DateTime) written)
    {
        (T? value, string? problem) = read();
        if (value is not null)
        {
            _running = new Version(value, written);
        }

        return problem;
    }

    private (DateTime, DateTime) Written() => (WrittenAt(file), other is null ? default : WrittenAt(other));

    /// <summary>Follows links, so the swapped folder of a Kubernetes secret counts as a change.</summary>
    private static DateTime WrittenAt(string path) =>
        File.GetLastWriteTimeUtc(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);

    private sealed record Version(T Value, (DateTime, DateTime) Written);
}

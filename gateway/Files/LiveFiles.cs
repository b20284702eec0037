using System.Diagnostics.CodeAnalysis;

namespace Gateway.Files;

/// <summary>
/// What one or two files say, read again when they have changed. Where they cannot be used now, for they are just being replaced or
/// are broken, what they said before stays in use.
/// </summary>
internal sealed class LiveFiles<T>(Func<(T? Value, string? Problem)> read, string file, string? other = null)
    where T : class
{
    private const int MostTries = 3;

    private volatile Version? _running;
    private string? _said;

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
            problem = ProblemOf(unreadable);
        }

        return _running?.Value;
    }

    /// <summary>The same; what is wrong is said once, and again only after the files have been good in between.</summary>
    public T? Get(Action<string> say)
    {
        T? value = Get(out string? problem);
        if (IsNews(problem))
        {
            say(problem);
        }

        return value;
    }

    /// <summary>Whether there is a problem that was not asked about since the files were last good, or was another one.</summary>
    public bool IsNews([NotNullWhen(true)] string? problem) => Interlocked.Exchange(ref _said, problem) != problem && problem is not null;

    /// <summary>The same, read whatever the times say: two versions may be written within one tick of a coarse clock.</summary>
    public T? Reread(out string? problem)
    {
        _running = _running is { } running ? running with { Written = default } : null;
        return Get(out problem);
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

    private string ProblemOf(Exception unreadable) =>
        other is null
            ? $"the file '{file}' cannot be read"
            : $"the files '{file}' and '{other}' cannot be read: {unreadable.Message.TrimEnd('.')}";

    private sealed record Version(T Value, (DateTime, DateTime) Written);
}

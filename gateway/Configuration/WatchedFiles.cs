using System.Globalization;

namespace Gateway.Configuration;

/// <summary>
/// Files that may change while the gateway runs. A change is applied as a whole or not at all; one that is refused leaves what ran before running.
/// <paramref name="running"/> is what the start has found good.
/// </summary>
internal sealed class WatchedFiles(FilesFound running, TimeProvider time) : IDisposable
{
    /// <summary>How often what is refused is judged again, where other files may be what is wrong.</summary>
    private static readonly TimeSpan _again = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _looking = new(1);
    private FilesFound _running = running;
    private FilesFound _judged = running;
    private FilesFound? _doubtful;
    private long _judgedAt;
    private IReadOnlyList<string> _said = [];
    private volatile Refused? _refusal;

    /// <summary>What these files are, and what stays as it was while they are refused, in words.</summary>
    public required (string Files, string Kept) Words { get; init; }

    /// <summary>Whether they name other files, whose content counts too.</summary>
    public required bool NameOthers { get; init; }

    public required Func<FilesFound> Read { get; init; }

    /// <summary>Applies a change, or returns what is wrong with it, a sentence each.</summary>
    public required Func<FilesFound, ValueTask<IReadOnlyList<string>>> Apply { get; init; }

    /// <summary>Is told of each change that is refused, once, with what is wrong with it; and again where something else is.</summary>
    public required Action<IReadOnlyList<string>> Refuse { get; init; }

    /// <summary>Why the files are not served as they stand, and since when, in a line; null where they are.</summary>
    public string? Refusal => _refusal is { } refusal
        ? string.Create(CultureInfo.InvariantCulture, $"{Words.Files} is refused since {refusal.Since:yyyy-MM-ddTHH:mm:ssZ}, {Words.Kept}: {refusal.Reason}")
        : null;

    /// <summary>
    /// Compares the files with what was judged last, and judges them anew where they have changed; refused ones after a while too, where other files, which
    /// they name, may be what was wrong.
    /// </summary>
    public async Task LookAsync()
    {
        await _looking.WaitAsync();
        try
        {
            FilesFound found = Read();
            bool isDue = NameOthers && _refusal is not null && time.GetElapsedTime(_judgedAt) >= _again;
            if (found.IsSameAs(_judged) && !isDue)
            {
                _doubtful = null;
            }
            else if (Read().IsSameAs(found))
            {
                // Else they are just being changed: half of one version and half of the next is never judged.
                await JudgeAsync(found);
            }
        }
        finally
        {
            _looking.Release();
        }
    }

    public void Dispose() => _looking.Dispose();

    private async Task JudgeAsync(FilesFound found)
    {
        IReadOnlyList<string> problems = [.. found.Lacks(_running)];
        if (problems.Count == 0)
        {
            problems = await ApplyAsync(found);
        }

        if (problems.Count == 0)
        {
            (_running, _judged, _doubtful, _refusal) = (found, found, null, null);
        }
        else if (!found.IsSameAs(_judged) && _doubtful?.IsSameAs(found) != true)
        {
            // One may be half written, or between two versions: judged when it is the same at the next look.
            _doubtful = found;
        }
        else
        {
            if (!found.IsSameAs(_judged) || !problems.SequenceEqual(_said))
            {
                Refuse(problems);
            }

            (_judged, _judgedAt, _said, _doubtful) = (found, time.GetTimestamp(), problems, null);
            string reason = problems.Count == 1 ? problems[0] : $"{problems[0]} ({problems.Count - 1} more in the log)";
            _refusal = new Refused(_refusal?.Since ?? time.GetUtcNow(), reason);
        }
    }

    private async ValueTask<IReadOnlyList<string>> ApplyAsync(FilesFound found)
    {
        try
        {
            return await Apply(found);
        }
        catch (Exception bug)
        {
            // Nobody else would catch it, and .NET ends the process where a service fails: what ran before can go on.
            return [$"{bug.GetType().Name}: {bug.Message}"];
        }
    }

    private sealed record Refused(DateTimeOffset Since, string Reason);
}

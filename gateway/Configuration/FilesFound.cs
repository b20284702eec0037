using Gateway.Files;

namespace Gateway.Configuration;

/// <summary>What was found at the places of some files at one moment: the bytes of those that are there, or why one of them cannot be read.</summary>
internal sealed record FilesFound(IReadOnlyList<(string Path, byte[] Bytes)> Files, string? Failure = null)
{
    // As long as a ConfigMap can be.
    private const int LongestFile = 1024 * 1024;

    public static readonly FilesFound None = new([]);

    /// <summary>Follows links; a file that is not there is left out.</summary>
    public static FilesFound Read(IEnumerable<string> paths)
    {
        List<(string, byte[])> files = [];
        foreach (string path in paths)
        {
            try
            {
                if (FileSize.IsZero(path))
                {
                    files.Add((path, []));
                    continue;
                }

                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (file.Length > LongestFile)
                {
                    return new FilesFound([], $"{path}: has more than {LongestFile} bytes.");
                }

                byte[] bytes = new byte[file.Length];
                files.Add((path, bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)]));
            }
            catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
            {
                if (new FileInfo(path).LinkTarget is not null)
                {
                    return new FilesFound([], $"{path}: is a link to a file that is not there.");
                }

                // Left out: whoever asked for it sees that it is not among the files.
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return new FilesFound([], $"{path}: cannot be read: {unreadable.Message}");
            }
        }

        return new FilesFound(files);
    }

    public bool IsSameAs(FilesFound other) =>
        Failure == other.Failure
        && Files.Count == other.Files.Count
        && Files.Zip(other.Files).All(static pair => pair.First.Path == pair.Second.Path && pair.First.Bytes.AsSpan().SequenceEqual(pair.Second.Bytes));

    /// <summary>Why these cannot be taken for a new version of <paramref name="before"/>, a sentence each.</summary>
    public IEnumerable<string> Lacks(FilesFound before) => Failure is not null
        ? [Failure]
        : before.Files.ExceptBy(Files.Select(static file => file.Path), static file => file.Path).Select(static gone => $"{gone.Path} is gone.");
}

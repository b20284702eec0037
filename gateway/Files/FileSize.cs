namespace Gateway.Files;

/// <summary>How large files are.</summary>
internal static class FileSize
{
    /// <summary>
    /// Whether the file is there and has no bytes, which a pipe looks like too; links are followed. It is better not opened then: the one who
    /// opens a pipe waits until somebody writes into it.
    /// </summary>
    public static bool IsZero(string path) =>
        new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path) is { Exists: true, Length: 0 };
}

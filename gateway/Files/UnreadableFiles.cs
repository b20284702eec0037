namespace Gateway.Files;

/// <summary>What is said of one or two files that cannot be read.</summary>
internal static class UnreadableFiles
{
    public static string Sentence(Exception unreadable, string file, string? other) =>
        $"{(other is null ? $"the file '{file}'" : $"the files '{file}' and '{other}'")} cannot be read: {unreadable.Message.TrimEnd('.')}";
}

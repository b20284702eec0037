using System.Text.RegularExpressions;
using Gateway.Files;

namespace Gateway.Elasticsearch;

/// <summary>The SHA-256 of certificates in hex, 64 digits, with or without colons, as Elasticsearch prints it.</summary>
internal static partial class Fingerprints
{
    public const string Pattern = "^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$";

    public static byte[] Bytes(string fingerprint) => Convert.FromHexString(fingerprint.Replace(":", "", StringComparison.Ordinal));

    /// <summary>What a file has, one in a line, with OpenSSL's words before it or without; or in one sentence why it cannot be used.</summary>
    public static (byte[][]? Fingerprints, string? Problem) Read(string file)
    {
        try
        {
            IEnumerable<string> text = FileSize.IsZero(file) ? [] : File.ReadLines(file);
            string[] lines = [.. text.Select(static line => line[(line.LastIndexOf('=') + 1)..].Trim()).Where(static line => line.Length > 0)];
            return lines.Length > 0 && Array.TrueForAll(lines, static line => Whole.IsMatch(line))
                ? (Array.ConvertAll(lines, Bytes), null)
                : (null, $"the file '{file}' does not have a SHA-256 in hex in each line, 64 digits, colons allowed");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (null, UnreadableFiles.Sentence(unreadable, file, other: null));
        }
    }

    [GeneratedRegex(Pattern)]
    private static partial Regex Whole { get; }
}

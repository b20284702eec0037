using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Gateway.Configuration;

/// <summary>One value of a setting, read from its text.</summary>
internal static class SettingsValue
{
    /// <summary>Reads the text as <paramref name="type"/>; <paramref name="wanted"/> says in words what would have been right.</summary>
    public static bool TryRead(string text, Type type, [NotNullWhen(true)] out object? value, out string wanted)
    {
        (value, wanted) = type switch
        {
            _ when type == typeof(string) => (text, "a text"),
            _ when type == typeof(char) => (text.Length == 1 ? text[0] : null, "one character"),
            _ when type == typeof(bool) => (bool.TryParse(text, out bool flag) ? flag : null, "true or false"),
            _ when type == typeof(int) => (Int(text), "a whole number"),
            _ when type == typeof(TimeSpan) => (Duration(text), "a duration such as 00:00:02 or 00:00:00.8 (hours:minutes:seconds)"),
            _ when type == typeof(Uri) => (Address(text), "an absolute URL with http or https"),
            _ when type == typeof(IPNetwork) => (Network(text), $"a network such as 10.0.0.0/8 or fd00::/8, or {Callers.UnixSocket}"),
            _ when type.IsEnum => (Word(text, type), $"one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}"),
            _ => throw new NotSupportedException($"No setting can be of the type {type}."),
        };
        return value is not null;
    }

    /// <summary>
    /// For settings that the frameworks read by themselves, and take 30 for thirty days: in words, what would have been right. Null where the text is
    /// right, or not even to them a duration.
    /// </summary>
    public static string? WantedInstead(string? text, Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _)
        && !TryRead(text, typeof(TimeSpan), out _, out string wanted)
            ? wanted
            : null;

    private static object? Int(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Hours, minutes and seconds are all wanted: TimeSpan would read 30 as thirty days, and 00:30 as half an hour.</summary>
    private static object? Duration(string text) =>
        text.Count(static character => character == ':') == 2 && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan duration) ? duration : null;

    private static Uri? Address(string text) => HttpAddress.TryRead(text, out Uri? address) ? address : null;

    private static object? Network(string text)
    {
        if (IPNetwork.TryParse(text, out IPNetwork network))
        {
            return network;
        }

        IPAddress? single = text == Callers.UnixSocket ? Callers.OfUnixSocket : IPAddress.TryParse(text, out IPAddress? address) ? address : null;
        return single is not null ? new IPNetwork(single, single.GetAddressBytes().Length * 8) : null;
    }

    private static object? Word(string text, Type type) =>
        // Several with commas between them would be another word yet.
        !text.Contains(',') && !int.TryParse(text, out _) && Enum.TryParse(type, text, ignoreCase: true, out object? word) ? word : null;
}

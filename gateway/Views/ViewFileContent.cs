namespace Gateway.Views;

/// <summary>What was found at the place of views.json: its bytes, why they cannot be read, or neither, where there is no file.</summary>
internal readonly record struct ViewFileContent(byte[]? Json = null, string? Failure = null)
{
    public bool IsMissing => Json is null && Failure is null;

    public bool IsSameAs(ViewFileContent other) =>
        Failure == other.Failure && (Json is null) == (other.Json is null) && Json.AsSpan().SequenceEqual(other.Json);
}

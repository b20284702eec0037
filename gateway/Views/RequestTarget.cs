namespace Gateway.Views;

/// <summary>The parts of a request's target as it came, before percent signs and dots were resolved.</summary>
internal static class RequestTarget
{
    /// <summary>The path; empty where there is none that a view could have.</summary>
    public static ReadOnlySpan<char> PathOf(string target)
    {
        // A fragment is never sent (RFC 9110 §7.1); servers differ in what they make of one.
        if (target.Contains('#', StringComparison.Ordinal) || !target.StartsWith('/'))
        {
            return [];
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target.AsSpan(0, query);
    }

    /// <summary>What follows the first question mark.</summary>
    public static ReadOnlySpan<char> QueryOf(string target)
    {
        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? [] : target.AsSpan(query + 1);
    }
}

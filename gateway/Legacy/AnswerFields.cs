using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>Takes from the app's answer what is not for the client.</summary>
internal static class AnswerFields
{
    /// <summary>
    /// What the app runs on, and where. A redirect to its own address would lead the client to where it cannot go: it leads to the host
    /// that the client asked instead, and to that of a trusted proxy before us where there is one.
    /// </summary>
    public static void HideInternals(ResponseTransformContext transform, Uri app)
    {
        IHeaderDictionary fields = transform.HttpContext.Response.Headers;
        fields.Remove("Server");
        fields.Remove("X-Powered-By");
        HttpRequest request = transform.HttpContext.Request;
        if (fields.Location is not [{ } location] || !request.Host.HasValue)
        {
            return;
        }

        // RFC 3986 §4.2: a URL without a scheme has the one that is in use, and keeps it.
        string scheme = location.StartsWith("//", StringComparison.Ordinal) ? app.Scheme + ":" : "";
        if (BehindAddress(scheme + location, app) is { } rest)
        {
            string origin = ForwardedFields.OriginOf(request);
            fields.Location = (scheme.Length > 0 ? origin[(origin.IndexOf(':', StringComparison.Ordinal) + 1)..] : origin) + rest;
        }
    }

    /// <summary>What stands behind the app's address in a URL that leads there, as it came; null where it leads elsewhere.</summary>
    private static string? BehindAddress(string url, Uri app)
    {
        string scheme = app.Scheme + Uri.SchemeDelimiter;
        if (!url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(url, UriKind.Absolute, out Uri? target) || target.Authority != app.Authority)
        {
            return null;
        }

        // Not by the length of the authority, which can be spelt in other ways than Uri spells it.
        int end = url.AsSpan(scheme.Length).IndexOfAny(@"/\?#");
        return end < 0 ? "" : url[(scheme.Length + end)..];
    }
}

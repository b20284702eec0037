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
        if (fields.Location is [{ } location]
            && request.Host.HasValue
            && location.Contains(Uri.SchemeDelimiter, StringComparison.Ordinal)
            && Uri.TryCreate(location, UriKind.Absolute, out Uri? target)
            && target.Scheme == app.Scheme && target.Authority == app.Authority)
        {
            fields.Location = string.Concat(ForwardedFields.OriginOf(request), BehindAuthority(location));
        }
    }

    /// <summary>Cuts the text as it came: an authority can be spelt in other ways than <see cref="Uri"/> spells it.</summary>
    private static ReadOnlySpan<char> BehindAuthority(string location)
    {
        ReadOnlySpan<char> rest = location.AsSpan(location.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal) + Uri.SchemeDelimiter.Length);
        return rest.IndexOfAny(@"/\?#") is int end and >= 0 ? rest[end..] : [];
    }
}

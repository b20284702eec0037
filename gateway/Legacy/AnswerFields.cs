using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>What of the app's answer is not for the client.</summary>
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
            && Uri.TryCreate(location, UriKind.Absolute, out Uri? target)
            && target.Scheme == app.Scheme && target.Authority == app.Authority)
        {
            string rest = location[(location.IndexOf(target.Authority, StringComparison.OrdinalIgnoreCase) + target.Authority.Length)..];
            fields.Location = ForwardedFields.OriginOf(request) + rest;
        }
    }
}

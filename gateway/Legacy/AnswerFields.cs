using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>What of the app's answer is not for the client: fields of this hop, and what tells of the app's inside.</summary>
internal static class AnswerFields
{
    /// <summary>RFC 9110 §7.6.1: fields that <c>Connection</c> names end here.</summary>
    public static void EndHop(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse?.Headers.NonValidated.TryGetValues("Connection", out var connection) != true)
        {
            return;
        }

        foreach (string name in connection.SelectMany(static value => value.Split(',', StringSplitOptions.TrimEntries)))
        {
            // The framing and the type belong to the message, whatever a server says.
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                transform.HttpContext.Response.Headers.Remove(name);
            }
        }
    }

    /// <summary>
    /// What the app runs on, and where. A redirect to its own address would lead the client to where it cannot go: it leads to the host
    /// that the client asked instead.
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
            fields.Location = $"{request.Scheme}://{request.Host}{rest}";
        }
    }
}

using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Legacy;

/// <summary>
/// What of an answer .NET lets pass and nobody may pass on: a status that is none (RFC 9110 §15), two lengths or a length beside
/// chunks, which may be another answer in disguise (RFC 9112 §6.3), and an encoding of which only the chunks would be taken off (§6.1).
/// </summary>
internal static class AnswerFraming
{
    public static bool IsSound(HttpResponseMessage response) =>
        HasStatus(response) && (response.Version.Major > 1 || HasOneLength(response));

    private static bool HasStatus(HttpResponseMessage response) => response.StatusCode is >= HttpStatusCode.Continue and <= (HttpStatusCode)599;

    private static bool HasOneLength(HttpResponseMessage response)
    {
        int lengths = response.Content.Headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues length) ? length.Count : 0;
        return response.Headers.NonValidated.TryGetValues("Transfer-Encoding", out HeaderStringValues encodings)
            ? lengths == 0 && encodings.Count == 1 && string.Equals(encodings.ToString(), "chunked", StringComparison.OrdinalIgnoreCase)
            : lengths < 2;
    }
}

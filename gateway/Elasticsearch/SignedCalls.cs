using System.Net.Http.Headers;

namespace Gateway.Elasticsearch;

/// <summary>
/// One attempt on one node with the gateway's credentials, and what is done about an answer that a change of the settings elsewhere
/// explains: a secret that was replaced on the way, a port that has TLS by now. All inside the attempt's own time.
/// </summary>
internal sealed class SignedCalls(NodeTransport transport, Credentials credentials, TlsProbe probe, TimeProvider time)
{
    public async Task<NodeAnswer> SendAsync(
        Uri uri, ElasticsearchCall call, AuthenticationHeaderValue? authorization, TimeSpan timeout, CancellationToken cancellation)
    {
        var budget = new Budget(time, timeout);
        NodeAnswer answer = await transport.SendAsync(uri, call, authorization, timeout, cancellation);
        if (answer.Status == 401 && !budget.IsSpent && credentials.Newer(authorization) is { } newer)
        {
            // The old secret was revoked after this request had read it.
            return await transport.SendAsync(uri, call, newer, budget.ForAttempt(timeout), cancellation);
        }

        return MayHaveMetTls(uri, answer) && await probe.SpeaksTlsAsync(uri, budget.ForAttempt(timeout), cancellation)
            ? answer with { Cause = Causes.PlainHttpOnTlsPort, Reason = "plain HTTP was sent to a port that speaks TLS: its URL has to begin with https" }
            : answer;
    }

    /// <summary>Elasticsearch closes without a word then; proxies answer with a page.</summary>
    private static bool MayHaveMetTls(Uri uri, in NodeAnswer answer) =>
        uri.Scheme == Uri.UriSchemeHttp
        && (answer.Cause == Causes.ConnectionEnded || (answer.Status == 400 && !AnswerRules.IsJson(answer.ContentType)));
}

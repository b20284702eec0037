using System.Net;
using System.Net.Http.Headers;
using Gateway.Connections;

namespace Gateway.Legacy;

/// <summary>
/// Holds the app to its time limits. YARP knows one limit for everything between two bytes; the app's first byte, a pause in a body
/// and a silent WebSocket need one each. A limit that is passed is a <see cref="TimeoutException"/>.
/// </summary>
internal sealed class AppExchange(HttpMessageHandler inner, ExchangeOptions options) : DelegatingHandler(inner)
{
    private const string EventStream = "text/event-stream";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(options.TotalTimeout, cancellationToken);
        Upload? upload = request.Content is null ? null : Upload.Of(request);
        try
        {
            // A wait for a connection counts; with a body it ends when the app begins to take that.
            limit.AwaitAnswer(options.FirstByteTimeout);
            if (request.Content is { } body)
            {
                // What is written from here on belongs to this upload.
                Upload.Current = upload is { IsWatched: true } ? upload : null;
                TimeSpan? idle = IsGrpc(TypeOf(body)) ? options.StreamIdleTimeout : options.IdleTimeout;
                request.Content = upload is { IsWatched: true }
                    ? new UploadContent(body, upload, limit, idle, options.FirstByteTimeout)
                    : new TimedBody(body, limit, idle, options.FirstByteTimeout);
            }

            HttpResponseMessage response = await base.SendAsync(request, limit.Token);
            limit.Answered();
            if (response.StatusCode is < HttpStatusCode.Continue or > (HttpStatusCode)599)
            {
                // RFC 9110 §15: no class of answers begins with such a digit.
                response.Dispose();
                throw new UnsoundAnswerException("The answer has a status that is none.");
            }

            response.Content = new TimedAnswer(response.Content, limit, IsStream(response) ? options.StreamIdleTimeout : options.IdleTimeout, upload);
            return response;
        }
        catch (OperationCanceledException) when (limit.IsPassed)
        {
            limit.Dispose();
            throw new TimeoutException("The app did not answer in time.");
        }
        catch
        {
            limit.Dispose();
            throw;
        }
    }

    private static bool IsStream(HttpResponseMessage response)
    {
        ReadOnlySpan<char> type = TypeOf(response.Content);
        return response.StatusCode == HttpStatusCode.SwitchingProtocols
            || IsGrpc(type)
            || (type.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase) && type[EventStream.Length..].TrimStart(" \t") is [] or [';', ..]);
    }

    private static bool IsGrpc(ReadOnlySpan<char> type) => type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the field as it came: one that is parsed once is written anew where it is passed on.</summary>
    private static string TypeOf(HttpContent content) =>
        content.Headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues types) ? types.ToString() : "";
}

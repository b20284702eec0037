using System.Diagnostics;
using System.Net.Http.Headers;

namespace Elastic.Transport;

/// <summary>Sends one request as the real transport would to a forced node: what fails while sending is returned, what fails later is thrown.</summary>
public interface ITransport<out TConfiguration>
{
    public Task<TResponse> RequestAsync<TResponse>(
        in EndpointPath path, PostData? postData, Action<Activity>? configureActivity, IRequestConfiguration? localConfiguration, CancellationToken cancellationToken = default)
        where TResponse : TransportResponse, new();
}

internal sealed class ForcedTransport<TConfiguration>(HttpClient client) : ITransport<TConfiguration>
{
    public Task<TResponse> RequestAsync<TResponse>(
        in EndpointPath path, PostData? postData, Action<Activity>? configureActivity, IRequestConfiguration? localConfiguration, CancellationToken cancellationToken = default)
        where TResponse : TransportResponse, new() =>
        SendAsync<TResponse>(path, postData, (RequestConfiguration)localConfiguration!, cancellationToken);

    private async Task<TResponse> SendAsync<TResponse>(EndpointPath path, PostData? postData, RequestConfiguration configuration, CancellationToken cancellation)
        where TResponse : TransportResponse, new()
    {
        using HttpRequestMessage request = RequestOf(path, postData, configuration);
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException)
        {
            return new TResponse { ApiCallDetails = new ApiCallDetails { OriginalException = failed } };
        }
        catch (Exception failed)
        {
            throw new UnexpectedTransportException(failed);
        }

        using (response)
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return new TResponse
            {
                ApiCallDetails = new ApiCallDetails
                {
                    HttpStatusCode = (int)response.StatusCode,
                    ResponseBodyInBytes = body,
                    ResponseContentType = response.Content.Headers.ContentType?.ToString() ?? "",
                    Fields = configuration.ResponseHeadersToParse?.Where(response.Headers.Contains).ToDictionary(static name => name, response.Headers.GetValues) ?? [],
                },
            };
        }
    }

    private static HttpRequestMessage RequestOf(EndpointPath path, PostData? postData, RequestConfiguration configuration)
    {
        var request = new HttpRequestMessage(new System.Net.Http.HttpMethod($"{path.Method}"), new Uri(configuration.ForceNode!, path.PathAndQuery));
        request.Headers.TryAddWithoutValidation("Accept", configuration.Accept);
        if (configuration.Authentication is { } field && field.TryGetAuthorizationParameters(out string value))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(field.AuthScheme, value);
        }

        if (postData is not null)
        {
            request.Content = new ReadOnlyMemoryContent(postData.Bytes) { Headers = { ContentType = new MediaTypeHeaderValue(configuration.ContentType!) } };
        }

        return request;
    }
}

using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Elasticsearch;

/// <summary>Reads a node's answer to its end, as far as it may go.</summary>
internal sealed class AnswerReader(int maxBytes, TimeProvider time)
{
    private const string ProductField = "X-Elastic-Product";

    public async Task<NodeAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            // What follows is no body, and has no end.
            return new NodeAnswer(NodeResult.Broken, Reason: "it switched to another protocol, which nobody asked for");
        }

        long? length = response.Content.Headers.ContentLength;
        if (length > maxBytes)
        {
            return new NodeAnswer(NodeResult.TooLarge, Reason: $"an answer of {length} bytes, more than MaxAnswerBytes");
        }

        if (response.Content.Headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues lengths)
            && (length is null || lengths.Count > 1 || response.Headers.TransferEncoding.Count > 0))
        {
            // Of a length that is no number .NET would read to the end of the connection, and could not tell a whole body from a part; of two it believes
            // the first, and beside chunks none, so that a part of them would be taken for all.
            return new NodeAnswer(NodeResult.Broken, Reason: "a Content-Length that is not a number, two of them, or one beside a Transfer-Encoding");
        }

        return await ReadBodyAsync(response.Content, length, cancellation) is { } body
            ? new NodeAnswer(
                NodeResult.Answered,
                (int)response.StatusCode,
                body,
                response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant(),
                response.Content.Headers.ContentEncoding is { Count: > 0 } encodings ? string.Join(", ", encodings) : null,
                response.Headers.NonValidated.TryGetValues(ProductField, out HeaderStringValues product) ? product.ToString() : null,
                RetryAfter(response.Headers.RetryAfter))
            : new NodeAnswer(NodeResult.TooLarge, Reason: "an answer of more bytes than MaxAnswerBytes");
    }

    /// <summary>How long to wait, from now on: RFC 9110 §10.2.3 knows seconds and dates.</summary>
    public TimeSpan? RetryAfter(RetryConditionHeaderValue? field)
    {
        TimeSpan? wait = field?.Delta ?? (field?.Date - time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>Reads the body; null where there is more than may be read.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContent content, long? announced, CancellationToken cancellation)
    {
        await using Stream stream = await content.ReadAsStreamAsync(cancellation);
        if (announced is { } length)
        {
            // .NET lets no more through, and throws where less comes.
            byte[] whole = GC.AllocateUninitializedArray<byte>((int)length);
            await stream.ReadExactlyAsync(whole, cancellation);
            return whole;
        }

        var body = new ArrayBufferWriter<byte>();
        int read;
        do
        {
            read = await stream.ReadAsync(body.GetMemory(1), cancellation);
            body.Advance(read);
            if (body.WrittenCount > maxBytes)
            {
                return null;
            }
        }
        while (read > 0);

        return body.WrittenMemory;
    }
}

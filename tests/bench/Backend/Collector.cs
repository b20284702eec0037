using System.Text.Json;

namespace Bench.Backend;

/// <summary>A collector for OTLP over http/protobuf that throws the spans away, but counts them; any GET tells the counts.</summary>
internal sealed class Collector
{
    private long _requests;
    private long _bytes;
    private long _spans;

    public Task AnswerAsync(HttpContext context) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("POST", "/v1/traces") => TakeAsync(context),
        ("GET", _) => Program.AnswerAsync(context, "application/json", Counts()),
        _ => Refuse(context),
    };

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Interlocked.Add(ref _spans, SpanCount.In(body.GetBuffer().AsSpan(0, (int)body.Length)));
        Interlocked.Add(ref _bytes, body.Length);
        Interlocked.Increment(ref _requests);

        // An ExportTraceServiceResponse without fields, "all taken", is no bytes at all.
        await Program.AnswerAsync(context, "application/x-protobuf", []);
    }

    private byte[] Counts() => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long>
    {
        ["requests"] = Interlocked.Read(ref _requests),
        ["bytes"] = Interlocked.Read(ref _bytes),
        ["spans"] = Interlocked.Read(ref _spans),
    });

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}

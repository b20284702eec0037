using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>Follows a request from its first middleware to its end, completes its Server span, and logs it where that is wanted.</summary>
internal sealed partial class TracingMiddleware(
    RequestDelegate next, GatewayLoop loop, GatewayMetrics metrics, TracingOptions options, ILogger<TracingMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var trace = new RequestTrace(Activity.Current, loop, metrics);
        context.Features.Set(trace);
        trace.LinkCaller(context);
        long started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            trace.Complete(context);
            if (options.LogRequests && context.Features.Get<LeftOut>() is null)
            {
                double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                Log.Answered(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, milliseconds);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 301, Level = LogLevel.Information, Message = "{Method} {Path} {Status} in {Milliseconds:0.0} ms")]
        public static partial void Answered(ILogger logger, string method, PathString path, int status, double milliseconds);
    }
}

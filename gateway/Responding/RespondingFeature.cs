using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gateway.Connections;
using Gateway.Tracing;

namespace Gateway.Responding;

/// <summary>The one shape of the answers that are our own: RFC 9457 problem details with the id of the trace.</summary>
internal static partial class RespondingFeature
{
    /// <summary>Turns an exception that nobody expected into a 500 of the one shape.</summary>
    public static void UseOwnErrors(this WebApplication app)
    {
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Responding");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                await context.AnswerAsync(Outcome.ClientLeft);
            }
            catch (BadHttpRequestException malformed) when (!context.Response.HasStarted)
            {
                await context.AnswerAsync(Problem.OutcomeOf(malformed));
            }
            catch (Exception bug) when (!context.Response.HasStarted)
            {
                // The boundary of the application: what nobody caught is a bug of ours, and the client gets an answer all the same.
                Log.Failed(logger, bug);
                await context.AnswerAsync(Outcome.GatewayFailed);
            }
        });
    }

    /// <summary>
    /// Answers with the outcome's problem. Where the answer has begun already, the connection is closed instead, so that a
    /// truncated body is never taken for a whole one. A detail of its own is the operator's words, never a client's.
    /// </summary>
    public static Task AnswerAsync(
        this HttpContext context, Outcome outcome, TimeSpan? retryAfter = null, string? allow = null, string? detail = null)
    {
        RequestTrace.Of(context)?.Failed(outcome, context.Response.HasStarted);
        if (context.Response.HasStarted)
        {
            context.TakeNoMoreRequests();
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        if (retryAfter is { } wait)
        {
            // RFC 9110 §10.2.3: whole seconds.
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        // RFC 9110 §15.5.6: a 405 names the methods that are served.
        context.Response.Headers.Allow = allow;
        if (outcome == Outcome.ClientLeft)
        {
            context.Response.StatusCode = Problem.ClientLeftStatus;
            // Else Kestrel goes on to read the rest of a body that was reset, and calls that an error of the application.
            context.TakeNoMoreRequests();
            context.Abort();
            return Task.CompletedTask;
        }

        Problem problem = Problem.Of(outcome);
        return WriteAsync(context, problem with { Detail = detail ?? problem.Detail });
    }

    private static async Task WriteAsync(HttpContext context, Problem problem)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new ProblemBody(problem.Title, problem.Status, problem.Detail, Activity.Current?.TraceId.ToHexString()),
            ProblemJson.Default.ProblemBody);
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "The gateway failed on a request.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

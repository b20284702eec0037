using Gateway.Connections;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Legacy;

/// <summary>
/// A request's body on its way to the app, which may answer before it has taken all of it: an error or a redirect at once ends the
/// upload; any other answer does where the app then takes nothing more for a while. .NET reads no answer before the body is sent, so
/// the connection's stream and the body's content, which know nothing of each other, meet here.
/// </summary>
// In one file, for it is the one place in which both sides are seen. Not disposed: the connection's stream may still ask for it when the request is
// over, and it holds nothing but a timer of a second.
#pragma warning disable CA1001
internal sealed class Upload
#pragma warning restore CA1001
{
    /// <summary>How long an app that has begun to answer may take nothing of the body: it may be reading and answering in turns.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private static readonly AsyncLocal<Upload?> _current = new();
    private static readonly HttpRequestOptionsKey<Upload> _key = new("Loopgate.Upload");

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClientBody? _body;
    private Task? _copy;
    private volatile bool _isOffered;

    private Upload(ClientBody? body, bool waitsFor100)
    {
        (_body, WaitsFor100) = (body, waitsFor100);
        _stop.Token.UnsafeRegister(static upload => ((Upload)upload!)._over.TrySetResult(), this);
    }

    /// <summary>The one whose request is being sent in this flow.</summary>
    public static Upload? Current
    {
        get => _current.Value;
        set => _current.Value = value;
    }

    /// <summary>
    /// It is stopped from here where the app does not want it. Over HTTP/2 the app stops it by itself, and .NET reads an answer while it
    /// sends a body: then all that is of interest is how the answer ended.
    /// </summary>
    public bool IsWatched => _body is not null;

    /// <summary>The client waits for a 100, and so does .NET, which then reads while it writes.</summary>
    public bool WaitsFor100 { get; }

    /// <summary>The first byte of the body is being sent, or was.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>No more of the body is sent to the app, by a decision of this side.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>The whole answer was read.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>The answer broke off.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The client broke off, over HTTP/1.1.</summary>
    public bool HasLostClient => _body is { IsBroken: true };

    /// <summary>Cancelled when no more is to be sent.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Ends when the body is sent, or no more of it will be.</summary>
    public Task Over => _over.Task;

    public static Upload? Of(HttpContext context) => context.Features.Get<Upload>();

    public static Upload? Of(HttpRequestMessage request) => request.Options.TryGetValue(_key, out Upload? upload) ? upload : null;

    /// <summary>The app has answered whole, and the rest of the body is nobody's affair.</summary>
    public bool EndedEarly => IsAnswered && (IsStopped || !IsWatched);

    /// <summary>Makes one where the request has a body.</summary>
    public static void Begin(RequestTransformContext transform, bool isWatched)
    {
        if (transform.ProxyRequest.Content is { } body && body.Headers.ContentLength != 0)
        {
            HttpContext context = transform.HttpContext;
            ClientBody? source = isWatched ? new ClientBody(context.Request.BodyReader, context.Request.IsHttp1()) : null;
            if (source is not null)
            {
                context.Request.Body = source;
            }

            var upload = new Upload(source, transform.ProxyRequest.Headers.ExpectContinue == true);
            context.Features.Set(upload);
            transform.ProxyRequest.Options.Set(_key, upload);
        }
    }

    /// <summary>The client's bytes are copied from now on.</summary>
    public Task Start(Func<Task> copy)
    {
        HasStarted = true;
        return _copy = copy();
    }

    public void Sent() => _over.TrySetResult();

    public void Stop() => _stop.Cancel();

    /// <summary>The app has begun to answer; whether that is before the whole body was sent.</summary>
    public bool AnswerBegan(int status)
    {
        _answer.TrySetResult(true);
        if (!HasStarted || _over.Task.IsCompleted)
        {
            return false;
        }

        // What has no such class (RFC 9110 §15), or was not asked for, will not be passed on either.
        if (status is < StatusCodes.Status200OK or >= StatusCodes.Status300MultipleChoices)
        {
            Stop();
        }
        else if (_isOffered)
        {
            _stop.CancelAfter(_patience);
        }

        return true;
    }

    /// <summary>The connection ended without an answer, or with one that cannot be passed on: no more of the body is wanted.</summary>
    public void AnswerFailed()
    {
        _answer.TrySetResult(false);
        if (!_over.Task.IsCompleted)
        {
            Stop();
        }
    }

    /// <summary>Whether an answer has begun, or begins now that the connection has failed: what came before its end is read first.</summary>
    public async Task<bool> IsAnsweredAsync() =>
        await Task.WhenAny(_answer.Task, Task.Delay(_patience)) == _answer.Task && await _answer.Task;

    /// <summary>Something is written now, or has been taken.</summary>
    public void Offer(bool isTaken)
    {
        _isOffered = !isTaken;
        if (_answer.Task is { IsCompletedSuccessfully: true } && !_over.Task.IsCompleted)
        {
            _stop.CancelAfter(isTaken ? Timeout.InfiniteTimeSpan : _patience);
        }
    }

    /// <summary>The answer's body ended before its end.</summary>
    public void AnswerBroke() => IsBroken = true;

    /// <summary>The whole answer was read: what the client may still send is waited for no longer.</summary>
    public void AnswerRead()
    {
        IsAnswered = true;
        if (IsStopped && _copy is { IsCompleted: false })
        {
            _body?.EndRead();
        }
    }
}

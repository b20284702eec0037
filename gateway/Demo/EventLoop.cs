using System.Collections.Concurrent;

namespace Gateway.Demo;

/// <summary>
/// What matters here of a Python event loop: it runs callbacks one after another on the thread that runs it, and once closed it
/// refuses every further one, for ever.
/// </summary>
internal sealed class EventLoop(string id) : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _ready = [];
    private volatile bool _closed;

    public string Id => id;

    /// <summary>Python's <c>asyncio.get_running_loop()</c>.</summary>
    public static EventLoop Running => Current as EventLoop ?? throw new RuntimeErrorException("no running event loop", null);

    /// <summary>Python's <c>run_until_complete</c>: runs the view on this thread until it is done.</summary>
    public T Run<T>(Func<Task<T>> view)
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            Task<T> task = view();
            while (!task.IsCompleted)
            {
                // The last callback may complete the view, so a wait for another must end by itself.
                if (_ready.TryTake(out (SendOrPostCallback Callback, object? State) next, TimeSpan.FromMilliseconds(5)))
                {
                    next.Callback(next.State);
                }
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>Python's <c>call_soon</c>.</summary>
    /// <exception cref="RuntimeErrorException">The loop is closed.</exception>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_closed)
        {
            throw new RuntimeErrorException("Event loop is closed", this);
        }

        _ready.Add((d, state));
    }

    /// <summary>Python's <c>loop.close()</c>, which WSGI frameworks call at the end of each request that had an async view.</summary>
    public void Dispose()
    {
        _closed = true;
        _ready.CompleteAdding();
    }
}

namespace Gateway.Demo;

/// <summary>Python's RuntimeError, and the loop that raised it.</summary>
internal sealed class RuntimeErrorException(string message, EventLoop? loop) : Exception(message)
{
    public EventLoop? Loop => loop;
}

namespace Gateway.Views;

/// <summary>
/// Bytes that are being written, in one piece; what was written last can be taken back. Received bytes are passed on a run at a time, from
/// where one begins to where something else has to be written.
/// </summary>
internal sealed class JsonOutput
{
    private readonly ReadOnlyMemory<byte> _received;
    private byte[] _bytes;
    private byte[] _before = [];
    private int _length;
    private int _runStart;

    public JsonOutput(ReadOnlyMemory<byte> received)
    {
        _received = received;
        _bytes = GC.AllocateUninitializedArray<byte>(received.Length + (received.Length / 4) + 16);
    }

    /// <summary>What was written, without the run that has not ended.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Begins a run of received bytes that are passed on.</summary>
    public void BeginRun(int at) => _runStart = at;

    /// <summary>Ends the run, and writes it.</summary>
    public void EndRun(int at) => Write(_received.Span[_runStart..at]);

    /// <summary>How much is written once the run has got to this place.</summary>
    public int LengthAt(int at) => _length + (at - _runStart);

    public void Write(byte value) => Write([value]);

    public void Write(ReadOnlySpan<byte> value)
    {
        if (_bytes.Length - _length < value.Length)
        {
            Array.Resize(ref _bytes, Math.Max(checked(_length + value.Length), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }

        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Writes parts of what was written anew, and nothing else of it, from <paramref name="start"/> on.</summary>
    public void Rewrite(int start, ReadOnlySpan<PythonMember> parts, ReadOnlySpan<byte> between)
    {
        int length = _length - start;
        if (_before.Length < length)
        {
            _before = new byte[Math.Max(length, 2 * _before.Length)];
        }

        _bytes.AsSpan(start, length).CopyTo(_before);
        _length = start;
        for (int i = 0; i < parts.Length; i++)
        {
            Write(i == 0 ? [] : between);
            Write(_before.AsSpan(parts[i].Start - start, parts[i].Length));
        }
    }

    /// <summary>Forgets what comes after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => _length = length;
}

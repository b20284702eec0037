namespace Gateway.Views;

/// <summary>
/// Bytes that are being written, in one piece; what was written last can be taken back. Received bytes that are written as they came are
/// copied a run at a time.
/// </summary>
internal sealed class JsonOutput
{
    private readonly ReadOnlyMemory<byte> _received;
    private byte[] _bytes;
    private int _copied;
    // Those received bytes belong behind what is copied.
    private int _from;
    private int _to;

    public JsonOutput(ReadOnlyMemory<byte> received)
    {
        _received = received;
        _bytes = GC.AllocateUninitializedArray<byte>(received.Length + (received.Length / 4) + 16);
    }

    public int Length => _copied + (_to - _from);

    public ReadOnlyMemory<byte> Written
    {
        get
        {
            Copy();
            return _bytes.AsMemory(0, _copied);
        }
    }

    /// <summary>Writes the received bytes between two places.</summary>
    public void Pass(int from, int to)
    {
        if (from != _to)
        {
            Copy();
            _from = from;
        }

        _to = to;
    }

    public void Write(byte value) => Write([value]);

    public void Write(ReadOnlySpan<byte> value)
    {
        Copy();
        Append(value);
    }

    /// <summary>Forgets what comes after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        Copy();
        _copied = length;
    }

    private void Copy()
    {
        if (_from != _to)
        {
            Append(_received.Span[_from.._to]);
            _from = _to;
        }
    }

    private void Append(ReadOnlySpan<byte> value)
    {
        if (_bytes.Length - _copied < value.Length)
        {
            Array.Resize(ref _bytes, Math.Max(checked(_copied + value.Length), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }

        value.CopyTo(_bytes.AsSpan(_copied));
        _copied += value.Length;
    }
}

namespace Bench.Backend;

/// <summary>Counts the spans of an ExportTraceServiceRequest, without a protobuf library: only lengths are looked at.</summary>
internal static class SpanCount
{
    /// <summary>Field numbers on the way to a span: resource_spans, scope_spans, spans.</summary>
    private static ReadOnlySpan<byte> Way => [1, 2, 2];

    public static long In(ReadOnlySpan<byte> request) => Count(request, Way);

    private static long Count(ReadOnlySpan<byte> message, ReadOnlySpan<byte> way)
    {
        if (way.IsEmpty)
        {
            return 1;
        }

        long spans = 0;
        while (!message.IsEmpty)
        {
            ulong key = Varint(ref message);
            int length = Length(key & 7, ref message);
            if (key >> 3 == way[0])
            {
                spans += Count(message[..length], way[1..]);
            }

            message = message[length..];
        }

        return spans;
    }

    // https://protobuf.dev/programming-guides/encoding/#structure: the wire type says how long the field is.
    private static int Length(ulong wireType, ref ReadOnlySpan<byte> message)
    {
        switch (wireType)
        {
            case 0:
                Varint(ref message);
                return 0;
            case 1:
                return 8;
            case 2:
                return checked((int)Varint(ref message));
            case 5:
                return 4;
            default:
                throw new InvalidDataException($"Wire type {wireType}: not a protobuf message.");
        }
    }

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}

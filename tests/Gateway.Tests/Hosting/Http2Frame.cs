using System.Buffers.Binary;
using System.Text;

namespace Gateway.Tests.Hosting;

/// <summary>HTTP/2 (RFC 9113) as bytes, for what no client would send.</summary>
internal static class Http2Frame
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte Continuation = 9;
    public const byte EndsHeaders = 4;
    public const byte EndsStreamAndHeaders = 5;

    /// <summary>§3.4: what a client begins with, settings without any included.</summary>
    public static ReadOnlyMemory<byte> Preface { get; } = (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Of(Settings, 0, 0, [])];

    public static byte[] Of(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        return frame;
    }

    /// <summary>HPACK (RFC 7541): GET, http, the path of less than 127 bytes, and the authority <c>h</c>.</summary>
    public static byte[] Get(string path) => [0x82, .. Target(path)];

    /// <summary>The same with POST.</summary>
    public static byte[] Post(string path) => [0x83, .. Target(path)];

    private static byte[] Target(string path) => [0x86, 0x04, (byte)path.Length, .. Encoding.Latin1.GetBytes(path), 0x01, 0x01, (byte)'h'];
}

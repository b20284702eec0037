using System.Text;
using Gateway.Legacy;

namespace Gateway.Tests.Legacy;

/// <summary>What is made of an answer's head does not depend on how TCP has cut it.</summary>
public sealed class AnswerHeadTests
{
    public static TheoryData<string, bool> Heads { get; } = new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false },
        { $"HTTP/1.1 200 OK\r\nX-A: {new string('a', 600)}\r\nContent-Length: 2\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n , chunked\r\n\r\n", true },
        { $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked{new string(' ', 300)}, gzip\r\n\r\n", true },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public void Wherever_it_is_cut_a_head_is_as_sound_as_it_is_whole(string text, bool isUnsound)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int first = 0; first <= bytes.Length; first++)
        {
            var head = new AnswerHead();
            head.Take(bytes.AsSpan(0, first));
            head.Take(bytes.AsSpan(first));

            Assert.Equal((true, isUnsound), (head.IsOver, head.IsUnsound));
        }
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Byte_by_byte_it_is_too_and_the_next_head_begins_anew(string text, bool isUnsound)
    {
        var head = new AnswerHead();
        for (int time = 0; time < 2; time++)
        {
            head.Reset();
            foreach (char letter in text)
            {
                head.Take([(byte)letter]);
            }

            Assert.Equal((true, isUnsound), (head.IsOver, head.IsUnsound));
        }
    }
}

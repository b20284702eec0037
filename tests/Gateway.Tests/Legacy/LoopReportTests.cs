using Gateway.Legacy;

namespace Gateway.Tests.Legacy;

/// <summary>The field <c>X-Loop</c>, read from its text.</summary>
public sealed class LoopReportTests
{
    [Theory]
    [InlineData("id=9f3c21aa.17;use=1", "9f3c21aa.17", 1, 1)]
    [InlineData("id=77e0b1c4.1;use=812", "77e0b1c4.1", 812, 1)]
    [InlineData("id=9f3c21aa.18;use=1, id=9f3c21aa.19;use=1", "9f3c21aa.18", 1, 2)]
    [InlineData("id=9f3c21aa.18;use=7,id=9f3c21aa.19;use=1,id=9f3c21aa.20;use=2", "9f3c21aa.18", 7, 3)]
    [InlineData("id=9f3c21aa.20;use=1;error=\"Event loop is closed\";dead=9f3c21aa.1", "9f3c21aa.20", 1, 1, "Event loop is closed", "9f3c21aa.1")]
    [InlineData("id=9f3c21aa.21;use=1;caught=\"Event loop is closed\"", "9f3c21aa.21", 1, 1, "Event loop is closed")]
    [InlineData("id=none;error=\"from a running event loop\"", null, 0, 0, "from a running event loop")]
    [InlineData("id=none;error=\"early\", id=a.1;use=3", "a.1", 3, 1, "early")]
    [InlineData("id=a.1;use=1, id=a.2;use=1;error=\"late\";dead=a.0", "a.1", 1, 2, "late", "a.0")]
    [InlineData("id=a.1;use=1;error=\"first\", id=a.2;use=1;error=\"second\"", "a.1", 1, 2, "first")]
    [InlineData("id=a.1;use=1;error=\"the cause\";caught=\"the rest\"", "a.1", 1, 1, "the cause")]
    [InlineData("id=a.1;use=1;error=\"a, b; c=d\"", "a.1", 1, 1, "a, b; c=d")]
    [InlineData("id=a.1;use=1;error=\"say \\\"no\\\" \\\\ twice\";dead=a.0", "a.1", 1, 1, "say \"no\" \\ twice", "a.0")]
    [InlineData("id=a.1;use=1;error=\"\"", "a.1", 1, 1, "")]
    [InlineData("id=a.1;use=1;error=\"tab\there\"", "a.1", 1, 1, "tab?here")]
    [InlineData("id=a.1;use=1;error=plain", "a.1", 1, 1, "plain")]
    [InlineData("id=\"a.1\";use=\"2\"", "a.1", 2, 1)]
    [InlineData(" id=a.1 ; use=1 , id=a.2 ; use=1 ", "a.1", 1, 2)]
    [InlineData("id=a.1;use=1;later=thing", "a.1", 1, 1)]
    [InlineData("use=1;id=a.1", "a.1", 1, 1)]
    [InlineData("id=a.1;use=9223372036854775807", "a.1", long.MaxValue, 1)]
    public void A_whole_report_is_read(string text, string? id, long use, int count, string? error = null, string? dead = null) =>
        Assert.Equal(new LoopReport(id, use, count, error, dead), LoopReport.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("garbage")]
    [InlineData("=")]
    [InlineData("id=")]
    [InlineData("id=;use=1")]
    [InlineData("id=a.1")]
    [InlineData("use=1")]
    [InlineData("error=\"alone\"")]
    [InlineData("id=a.1;use=")]
    [InlineData("id=a.1;use=0")]
    [InlineData("id=a.1;use=-1")]
    [InlineData("id=a.1;use=+1")]
    [InlineData("id=a.1;use=1.5")]
    [InlineData("id=a.1;use=one")]
    [InlineData("id=a.1;use=9223372036854775808")]
    [InlineData("id=a.1;use=99999999999999999999999999")]
    [InlineData("id=a.1;use=1;use=1")]
    [InlineData("id=a.1;id=a.1;use=1")]
    [InlineData("id=a.1;use=1;error=\"x\";error=\"y\"")]
    [InlineData("id=a.1;use=1;")]
    [InlineData("id=a.1;use=1,")]
    [InlineData(",id=a.1;use=1")]
    [InlineData("id=a.1;use=1,,id=a.2;use=1")]
    [InlineData("id=a.1;use=1, id=a.2")]
    [InlineData("id=a.1;use=1;error=\"open")]
    [InlineData("id=a.1;use=1;error=\"open\\\"")]
    [InlineData("id=a.1;use=1;error=\"open\\")]
    [InlineData("id=a.1;use=1;error=\"shut\"tail")]
    [InlineData("id=a b;use=1")]
    [InlineData("id=<script>;use=1")]
    [InlineData("id=a.1;use=1;dead=<b>")]
    [InlineData("id=a.1;use=1;dead=")]
    [InlineData("id=caf\u00e9;use=1")]
    [InlineData("id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;use=1")]
    public void Anything_else_is_no_report(string text) => Assert.Null(LoopReport.Parse(text));

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void At_most_eight_loops_are_read(int loops, bool isRead)
    {
        string text = string.Join(", ", Enumerable.Range(1, loops).Select(static n => $"id=a.{n};use=1"));

        Assert.Equal(isRead ? new LoopReport("a.1", 1, loops, null, null) : null, LoopReport.Parse(text));
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void At_most_1024_bytes_are_read(int length, bool isRead)
    {
        const string Start = "id=a.1;use=1;error=\"";
        string text = $"{Start}{new string('e', length - Start.Length - 1)}\"";

        Assert.Equal(isRead, LoopReport.Parse(text) is not null);
    }
}

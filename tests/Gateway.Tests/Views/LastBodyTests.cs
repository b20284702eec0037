using System.Text;
using Gateway.Tests.Hosting;
using Gateway.Views;

namespace Gateway.Tests.Views;

/// <summary>When the body that was written last is that of the next answer too.</summary>
public sealed class LastBodyTests
{
    private const string Rest = ""","timed_out":false,"_shards":{"total":1,"failed":0},"hits":{"hits":[{"_source":{"n":1}}]}}""";

    [Theory]
    [InlineData("""{"took":3""", """{"took":3""", true)]
    [InlineData("""{"took":3""", """{"took":0""", true)]
    [InlineData("""{"took":99""", """{"took":100""", true)]
    [InlineData("""{"took":3""", """{"took":3 """, false)]
    [InlineData("""{"took":3""", """{"took": 3""", false)]
    [InlineData("""{"took":3""", """{"took":03""", false)]
    [InlineData("""{"took":3""", """{"took":-3""", false)]
    [InlineData("""{"took":3""", """{"took":3.5""", false)]
    [InlineData("""{"took":3""", """{"took":""", false)]
    [InlineData("""{"took":3""", """{"taken":3""", false)]
    [InlineData("""{"took":3""", "", false)]
    [InlineData("""{"taken":3""", """{"taken":3""", true)]
    [InlineData("""{"taken":3""", """{"taken":4""", false)]
    public void Hits_are_written_again_unless_the_answers_differ_in_the_time_alone(string last, string next, bool isSame)
    {
        LastBody body = Kept(AnswerPart.Hits, last + Rest);

        Assert.Equal(isSame ? "body" : null, TextOf(body, Bytes(next + Rest)));
        Assert.Null(TextOf(body, Bytes((next + Rest).Replace("1}}]", "2}}]", StringComparison.Ordinal))));
        Assert.Null(TextOf(body, Bytes((next + Rest)[..^1])));
    }

    [Fact]
    public void A_document_behind_a_time_is_not_taken_for_one_without()
    {
        LastBody body = Kept(AnswerPart.Hits, """{"hits":{"hits":[]}}""");

        Assert.Null(TextOf(body, """{"took":3{"hits":{"hits":[]}}"""u8.ToArray()));
    }

    [Fact]
    public void The_whole_answer_is_written_again_where_the_time_differs()
    {
        LastBody body = Kept(AnswerPart.Whole, """{"took":3""" + Rest);

        Assert.Null(TextOf(body, Bytes("""{"took":4""" + Rest)));
        Assert.Equal("body", TextOf(body, Bytes("""{"took":3""" + Rest)));
    }

    [Fact]
    public void An_answer_of_more_than_64_KiB_is_not_kept()
    {
        Assert.Null(TextOf(Kept(AnswerPart.Whole, new string(' ', 65_536) + "1"), Bytes(new string(' ', 65_536) + "1")));
        Assert.Equal("body", TextOf(Kept(AnswerPart.Whole, new string(' ', 65_535) + "1"), Bytes(new string(' ', 65_535) + "1")));
    }

    [Fact]
    public async Task Each_answer_has_the_body_of_its_own_hits_whatever_came_before()
    {
        (string Answer, int Status, string Body)[] rounds =
        [
            ("""{"took":1""" + Rest, 200, "[{\"n\":1}]\n"),
            ("""{"took":20""" + Rest, 200, "[{\"n\":1}]\n"),
            ("""{"took":20""" + Rest.Replace("\"n\":1", "\"n\":2", StringComparison.Ordinal), 200, "[{\"n\":2}]\n"),
            ("""{"took":020""" + Rest.Replace("\"n\":1", "\"n\":2", StringComparison.Ordinal), 502, ""),
            ("""{"took":3""" + Rest, 200, "[{\"n\":1}]\n"),
            ("""{"took":4""" + Rest.Replace("\"failed\":0", "\"failed\":1", StringComparison.Ordinal), 502, ""),
        ];
        int round = 0;
        ScriptedServer node = new(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(ViewScene.AnswerOf(rounds[round].Answer));
            }
        });
        await using ViewScene scene = await ViewScene.StartAsync(
            node, """ "v": { "path": "/v", "elasticsearch": { "search": { "index": "products", "body": {} } }, "answer": "hits" } """);

        for (; round < rounds.Length; round++)
        {
            RawAnswer answer = await scene.GetAsync("/v");

            Assert.Equal(rounds[round].Status, answer.Status);
            Assert.True(rounds[round].Status != 200 || rounds[round].Body == answer.Body, answer.Body);
        }
    }

    private static LastBody Kept(AnswerPart part, string json)
    {
        var body = new LastBody(part);
        body.Keep(Bytes(json), "body"u8.ToArray());
        return body;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? TextOf(LastBody last, byte[] json) =>
        last.TryGet(json, out ReadOnlyMemory<byte> body) ? Encoding.UTF8.GetString(body.Span) : null;
}

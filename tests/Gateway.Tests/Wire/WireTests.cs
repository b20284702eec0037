namespace Gateway.Tests.Wire;

/// <summary>
/// The catalogue of what clients and apps send, a file for each of its chapters: what the client gets, what the app gets, how each connection ends,
/// what is logged and what is counted. A further case is a further entry in a file.
/// </summary>
public sealed class WireTests
{
    private const string Targets = "request-line.json";
    private const string Fields = "fields.json";
    private const string Framing = "framing.json";
    private const string Hops = "hops.json";
    private const string Paths = "paths.json";
    private const string Answers = "answers.json";

    [Theory]
    [MemberData(nameof(Ids), Targets)]
    public Task A_request_line(string id) => PlayAsync(Targets, id);

    [Theory]
    [MemberData(nameof(Ids), Fields)]
    public Task B_fields(string id) => PlayAsync(Fields, id);

    [Theory]
    [MemberData(nameof(Ids), Framing)]
    public Task C_framing(string id) => PlayAsync(Framing, id);

    [Theory]
    [MemberData(nameof(Ids), Hops)]
    public Task G_hops_and_identity(string id) => PlayAsync(Hops, id);

    [Theory]
    [MemberData(nameof(Ids), Paths)]
    public Task H_paths(string id) => PlayAsync(Paths, id);

    [Theory]
    [MemberData(nameof(AnswerIds))]
    public Task E_and_F_answers_of_the_app(string id) => AnswerPlay.RunAsync(AnswerVector.Read().Single(vector => vector.Id == id));

    [Theory]
    [InlineData(Targets)]
    [InlineData(Fields)]
    [InlineData(Framing)]
    [InlineData(Hops)]
    [InlineData(Paths)]
    [InlineData(Answers)]
    public void Each_entry_has_a_name_of_its_own_and_says_where_its_rule_is_written(string file)
    {
        IReadOnlyList<(string Id, string Clause)> vectors = file == Answers
            ? [.. AnswerVector.Read().Select(static vector => (vector.Id, vector.Clause))]
            : [.. WireVector.Read(file).Select(static vector => (vector.Id, vector.Clause))];

        Assert.Equal(vectors.Count, vectors.Select(static vector => vector.Id).Distinct().Count());
        Assert.All(vectors, static vector => Assert.NotEmpty(vector.Clause));
    }

    public static IEnumerable<TheoryDataRow<string>> Ids(string file) =>
        WireVector.Read(file).Select(static vector => new TheoryDataRow<string>(vector.Id) { TestDisplayName = vector.Id });

    public static IEnumerable<TheoryDataRow<string>> AnswerIds() =>
        AnswerVector.Read().Select(static vector => new TheoryDataRow<string>(vector.Id) { TestDisplayName = vector.Id });

    private static Task PlayAsync(string file, string id) => WirePlay.RunAsync(WireVector.Read(file).Single(vector => vector.Id == id));
}

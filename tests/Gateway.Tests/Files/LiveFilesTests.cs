using Gateway.Files;

namespace Gateway.Tests.Files;

/// <summary>Files that are replaced at the moment at which they are read.</summary>
public sealed class LiveFilesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly string _other = Path.GetTempFileName();

    [Fact]
    public void Two_that_do_not_fit_since_they_were_replaced_meanwhile_are_read_again_and_nothing_is_said()
    {
        int reads = 0;
        var files = new LiveFiles<string>(() => ++reads == 1 ? Replaced("the one before, and the key of the one behind") : ("both behind", null), _file, _other);

        string? value = files.Get(static problem => Assert.Fail(problem));

        Assert.Equal(("both behind", 2), (value, reads));
        Assert.Equal("both behind", files.Get(static problem => Assert.Fail(problem)));
        Assert.Equal(2, reads);
    }

    [Fact]
    public void Two_that_do_not_fit_and_stay_as_they_are_are_read_once_a_time_and_said_once()
    {
        int reads = 0;
        List<string> said = [];
        var files = new LiveFiles<string>(() =>
        {
            reads++;
            return (null, "they do not fit");
        }, _file, _other);

        Assert.Null(files.Get(said.Add));
        Assert.Null(files.Get(said.Add));

        Assert.Equal(2, reads);
        Assert.Equal(["they do not fit"], said);
    }

    [Fact]
    public void Some_that_are_replaced_all_the_time_are_not_read_for_ever()
    {
        int reads = 0;
        List<string> said = [];
        var files = new LiveFiles<string>(() =>
        {
            reads++;
            return Replaced("they do not fit");
        }, _file, _other);

        Assert.Null(files.Get(said.Add));

        Assert.InRange(reads, 2, 10);
        Assert.Equal(["they do not fit"], said);
    }

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_other);
    }

    private (string? Value, string? Problem) Replaced(string problem)
    {
        File.SetLastWriteTimeUtc(_other, File.GetLastWriteTimeUtc(_other).AddSeconds(1));
        return (null, problem);
    }
}

using Gateway.Responding;

namespace Gateway.Tests.Responding;

/// <summary>The table from outcomes to answers.</summary>
public sealed class ProblemTests
{
    [Fact]
    public void Every_outcome_has_an_answer_that_is_an_error_and_says_so_in_words() =>
        Assert.All(Enum.GetValues<Outcome>(), static outcome =>
        {
            Problem problem = Problem.Of(outcome);
            Assert.InRange(problem.Status, 400, 599);
            Assert.Matches("^[a-z]+(_[a-z]+)*$", problem.Reason);
            Assert.NotEmpty(problem.Title);
            Assert.EndsWith(".", problem.Detail, StringComparison.Ordinal);
        });

    [Fact]
    public void Every_outcome_has_a_reason_of_its_own()
    {
        Outcome[] outcomes = Enum.GetValues<Outcome>();

        Assert.Equal(outcomes.Length, outcomes.Select(static outcome => Problem.Of(outcome).Reason).Distinct().Count());
    }
}

namespace Gateway.Views;

/// <summary>Which part of Elasticsearch's answer a view sends.</summary>
internal enum AnswerPart
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>The document, without what Elasticsearch says about it.</summary>
    Source,

    /// <summary>The documents of a search, as a list.</summary>
    Hits,
}

/// <summary>What a view asks Elasticsearch for, with which parameters, and what it makes of the answer.</summary>
internal sealed record ViewTemplate(string Name, PathTemplate Path, CallTemplate Call)
{
    /// <summary>The methods that are answered; others go to the app.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>The path's parameters, from left to right, and then the query's.</summary>
    public Parameter[] Parameters { get; init; } = [];

    /// <summary>How many of them are the path's.</summary>
    public int PathParameters { get; init; }

    public AnswerPart Answer { get; init; }

    public PythonJsonStyle JsonStyle { get; init; }

    /// <summary>Whether requests that ask the same at the same time share one call.</summary>
    public bool SingleFlight { get; init; }

    /// <summary>Whether an answer may lack what some shards did not find in time.</summary>
    public bool AllowPartialResults { get; init; }
}

namespace Gateway.Views;

/// <summary>Reads one view from views.json.</summary>
internal static class ViewReader
{
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Reads a view; null where it is wrong, and the file's problems say why.</summary>
    public static ViewTemplate? Read(string name, FileObject view)
    {
        int before = view.Problems.Count;
        PathTemplate? path = PathOf(view);
        Parameter[] inPath = PathParametersOf(view, path);
        Parameter[] inQuery = QueryParametersOf(view, inPath);
        bool allowPartialResults = view.Flag("allowPartialResults");
        var reader = new CallReader([.. inPath, .. inQuery], allowPartialResults);
        CallTemplate? call = CallOf(view, reader);
        AnswerPart answer = view.Word<AnswerPart>("answer");
        if (call is not null)
        {
            CheckUse(view, call, reader, inQuery);
            CheckAnswer(view, call, answer, allowPartialResults);
        }

        IReadOnlyList<string> methods = MethodsOf(view);
        PythonJsonStyle style = view.Word<PythonJsonStyle>("jsonStyle");
        bool singleFlight = view.Flag("singleFlight");
        view.Close();
        return view.Problems.Count > before || path is null || call is null ? null : new ViewTemplate(name, path, call)
        {
            Methods = methods,
            Parameters = [.. inPath, .. inQuery],
            PathParameters = inPath.Length,
            Answer = answer,
            JsonStyle = style,
            SingleFlight = singleFlight,
            AllowPartialResults = allowPartialResults,
        };
    }

    private static PathTemplate? PathOf(FileObject view)
    {
        if (view.Text("path", required: true) is not { } text)
        {
            return null;
        }

        PathTemplate? path = PathTemplate.Parse(text, out string problem);
        if (path is null)
        {
            view.Refuse("path", problem);
        }

        return path;
    }

    private static IReadOnlyList<string> MethodsOf(FileObject view)
    {
        IReadOnlyList<string> methods = view.Texts("methods") ?? _methods;
        if (methods.Any(static method => !_methods.Contains(method)))
        {
            view.Refuse("methods", "must be GET, HEAD or both: a view only reads, other methods go to the app.");
        }

        return methods;
    }

    private static Parameter[] PathParametersOf(FileObject view, PathTemplate? path)
    {
        string[] names = [.. path?.Names ?? []];
        Dictionary<string, Parameter> declared = [];
        foreach ((string name, FileObject value) in view.Object("parameters")?.Entries() ?? [])
        {
            declared[name] = ParameterReader.Read(name, value, ofPath: true);
            if (path is not null && !names.Contains(name))
            {
                value.Refuse("the path has no such parameter.");
            }
        }

        return [.. names.Select(name => declared.GetValueOrDefault(name) ?? new Parameter(name))];
    }

    private static Parameter[] QueryParametersOf(FileObject view, Parameter[] inPath)
    {
        List<Parameter> read = [];
        foreach ((string name, FileObject value) in view.Object("query")?.Entries() ?? [])
        {
            read.Add(ParameterReader.Read(name, value, ofPath: false));
            if (!ParameterReader.IsName(name))
            {
                value.Refuse("the name must be letters, digits and underscores, and not begin with a digit.");
            }

            if (Array.Exists(inPath, parameter => parameter.Name == name))
            {
                value.Refuse("the path has a parameter of this name.");
            }
        }

        return [.. read];
    }

    private static CallTemplate? CallOf(FileObject view, CallReader reader)
    {
        if (view.Object("elasticsearch") is { } call)
        {
            return reader.Read(call);
        }

        view.Refuse("elasticsearch", "a call is required.");
        return null;
    }

    private static void CheckUse(FileObject view, CallTemplate call, CallReader reader, Parameter[] inQuery)
    {
        foreach (Parameter parameter in inQuery.Where(parameter => !reader.Used.Contains(parameter.Name)))
        {
            view.Refuse($"query.{parameter.Name}", "nothing in the call uses it.");
        }

        if (call.Id is { Required: false, Default: null } id && inQuery.Contains(id))
        {
            view.Refuse($"query.{id.Name}", "must be required or have a default, for it is the document's id.");
        }
    }

    private static void CheckAnswer(FileObject view, CallTemplate call, AnswerPart answer, bool allowPartialResults)
    {
        bool isSearch = call.Operation is "search" or "search_template";
        if ((answer == AnswerPart.Hits && !isSearch) || (answer == AnswerPart.Source && call.Operation != "get"))
        {
            view.Refuse("answer", "hits is for search and searchTemplate, source is for get; the call source brings nothing else.");
        }

        if (allowPartialResults && call.ReadsDocument)
        {
            view.Refuse("allowPartialResults", "is for search, searchTemplate and count.");
        }
    }
}

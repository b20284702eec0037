namespace Gateway.Views;

/// <summary>The values of a request's parameters, in the order in which its view declares them; null where there is none.</summary>
internal sealed class Arguments(int count)
{
    private readonly Argument?[] _values = new Argument?[count];

    /// <summary>The parameter whose value cannot be used, if there is one: the first that was found.</summary>
    public string? Invalid { get; private set; }

    public Argument? this[int parameter]
    {
        get => _values[parameter];
        set => _values[parameter] = value;
    }

    public void Refuse(Parameter parameter) => Invalid ??= parameter.Name;

    /// <summary>Reads the query's parameters; what the view does not declare is passed over, and of several values the first counts, as in Flask's <c>request.args</c>.</summary>
    public void ReadQuery(ReadOnlySpan<char> query, ReadOnlySpan<Parameter> parameters, int first)
    {
        Span<bool> seen = stackalloc bool[parameters.Length];
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> pair = query[range];
            int equals = pair.IndexOf('=');
            int place = PlaceOf(equals < 0 ? pair : pair[..equals], parameters[first..]);
            if (place < 0 || seen[first + place])
            {
                continue;
            }

            seen[first + place] = true;
            Read(parameters[first + place], first + place, equals < 0 ? [] : pair[(equals + 1)..]);
        }

        for (int place = first; place < parameters.Length; place++)
        {
            if (!seen[place])
            {
                UseDefault(parameters[place], place);
            }
        }
    }

    private void Read(Parameter parameter, int place, ReadOnlySpan<char> raw)
    {
        if (raw.IsEmpty && parameter.Type != ParameterType.String)
        {
            // A form sends a field that nobody filled in; as a number it is none, in Flask too.
            UseDefault(parameter, place);
        }
        else if (PercentText.TryDecode(raw, plusIsSpace: true, out string? text) && !parameter.IsTooLong(text) && parameter.TryRead(text, out Argument argument))
        {
            _values[place] = argument;
        }
        else
        {
            Refuse(parameter);
        }
    }

    private void UseDefault(Parameter parameter, int place)
    {
        _values[place] = parameter.Default;
        if (parameter.Required)
        {
            Refuse(parameter);
        }
    }

    private static int PlaceOf(ReadOnlySpan<char> rawName, ReadOnlySpan<Parameter> parameters)
    {
        // Names of parameters need no escape; who escapes one all the same means the same.
        ReadOnlySpan<char> name = rawName.Contains('%') && PercentText.TryDecode(rawName, plusIsSpace: true, out string? decoded) ? decoded : rawName;
        for (int place = 0; place < parameters.Length; place++)
        {
            if (name.SequenceEqual(parameters[place].Name))
            {
                return place;
            }
        }

        return -1;
    }
}

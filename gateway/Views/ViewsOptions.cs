using System.ComponentModel.DataAnnotations;
using Gateway.Elasticsearch;

namespace Gateway.Views;

/// <summary>The routes that the gateway answers from Elasticsearch, by name. Shipped: <c>info</c>, the route <c>/</c>.</summary>
internal sealed class ViewsOptions() : Dictionary<string, ViewOptions>(StringComparer.OrdinalIgnoreCase)
{
    public const string Section = "Views";

    /// <summary>Those that are not switched off.</summary>
    public IEnumerable<KeyValuePair<string, ViewOptions>> Served => this.Where(static view => view.Value.Enabled);
}

/// <summary>One route that the gateway answers from Elasticsearch.</summary>
internal sealed class ViewOptions
{
    /// <summary>Whether the view is served; off, its path is the app's, or that of another view. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The path that is answered, matched as Flask does: case-sensitive, to the last slash.</summary>
    [Required(ErrorMessage = "a path such as / is required.")]
    [RegularExpression(PathTemplate.FixedForm,
        ErrorMessage = "must be a path that starts with a slash, of unescaped ASCII, without empty segments, dot segments, query and parameters.")]
    public string Path { get; set; } = "";

    /// <summary>The read call that answers it: <c>GET</c> and a target of Elasticsearch, such as <c>GET /_cluster/health</c>.</summary>
    [Required(ErrorMessage = "a call such as GET / is required.")]
    [RegularExpression("^GET /[^#\\s]*$", ErrorMessage = "must be GET, a space, and a target that starts with a slash.")]
    public string Elasticsearch { get; set; } = "";

    /// <summary>How the JSON is written: as Flask's <c>jsonify</c> does, as Django's <c>JsonResponse</c> does, or <c>compact</c>, as received.</summary>
    public PythonJsonStyle JsonStyle { get; set; } = PythonJsonStyle.Flask;

    /// <summary>
    /// Whether requests that come while the view's call is in flight share its answer. Then a request may get what the cluster said
    /// shortly before it came: leave it off where a client must see its own last write. Default false; true for the shipped <c>info</c>.
    /// </summary>
    public bool SingleFlight { get; set; }

    /// <summary>Makes of it a view without parameters that sends what it gets.</summary>
    public ViewTemplate ToTemplate(string name) => new(name, PathTemplate.Fixed(Path), CallTemplate.Always(CallOf(Elasticsearch)))
    {
        JsonStyle = JsonStyle,
        SingleFlight = SingleFlight,
        AllowPartialResults = true,
    };

    private static ElasticsearchCall CallOf(string text)
    {
        string target = text["GET /".Length..];
        return target.Length == 0 ? Info.Call : new ElasticsearchCall(OperationOf(target), target);
    }

    /// <summary>The endpoint's name in Elasticsearch's own words, made of the parts that begin with an underscore: <c>cluster.health</c>.</summary>
    private static string OperationOf(string target)
    {
        IEnumerable<string> parts = target.Split('?')[0].Split('/').SkipWhile(static part => !part.StartsWith('_'));
        string operation = string.Join('.', parts).TrimStart('_');
        return operation.Length > 0 ? operation : "indices.get";
    }
}

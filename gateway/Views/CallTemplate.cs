using Gateway.Elasticsearch;

namespace Gateway.Views;

/// <summary>
/// An Elasticsearch call with places for arguments: at the end of its target for a document's id, and in its body. All else is fixed text, so no
/// argument leads to another index or endpoint.
/// </summary>
internal sealed class CallTemplate
{
    private readonly ElasticsearchCall _fixed;
    private readonly Parameter? _id;
    private readonly int _idPlace;
    private readonly JsonTemplate? _body;

    private CallTemplate(ElasticsearchCall call) => _fixed = call;

    private CallTemplate(ElasticsearchCall call, Parameter id, int place) : this(call) => (_id, _idPlace) = (id, place);

    private CallTemplate(ElasticsearchCall call, JsonTemplate body) : this(call) => _body = body;

    public string Operation => _fixed.Operation;

    /// <summary>The parameter whose value is the document's id, if one is.</summary>
    public Parameter? Id => _id;

    /// <summary>Whether the call reads one document, so that a missing one is the client's affair.</summary>
    public bool ReadsDocument => Operation is "get" or "get_source";

    /// <summary>The same call for every request.</summary>
    public static CallTemplate Always(ElasticsearchCall call) => new(call);

    /// <summary>A call whose target, which ends in a slash, is completed by the argument as one segment.</summary>
    public static CallTemplate OfDocument(ElasticsearchCall call, Parameter id, int place) => new(call, id, place);

    public static CallTemplate WithBody(ElasticsearchCall call, JsonTemplate body) =>
        body.IsConstant ? new CallTemplate(call with { Body = body.Write(new Arguments(0)) }) : new CallTemplate(call, body);

    /// <summary>The call with these arguments; false where one of them, which is refused then, cannot stand in its place.</summary>
    public bool TryCompose(Arguments arguments, out ElasticsearchCall call)
    {
        call = _fixed;
        if (_id is not null)
        {
            string id = arguments[_idPlace]?.Text ?? "";
            if (!DocumentId.IsUsable(id))
            {
                arguments.Refuse(_id);
                return false;
            }

            call = call with { Target = _fixed.Target + Uri.EscapeDataString(id) };
        }
        else if (_body is not null)
        {
            call = call with { Body = _body.Write(arguments) };
        }

        return true;
    }
}

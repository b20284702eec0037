using System.Text.Json;
using Gateway.Elasticsearch;

namespace Gateway.Views;

/// <summary>Reads a view's Elasticsearch call from views.json.</summary>
// In one file: one method for each kind of call, and what they share.
internal sealed class CallReader(Parameter[] parameters, bool allowPartialResults)
{
    private readonly HashSet<string> _used = [];

    /// <summary>The parameters that have a place in the call.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <summary>Reads a call; null where it is wrong, and the file's problems say why.</summary>
    public CallTemplate? Read(FileObject elasticsearch)
    {
        (string Name, FileObject? Call)[] calls = [.. ((string[])["get", "source", "search", "searchTemplate", "count"]).Select(name => (name, elasticsearch.Object(name)))];
        elasticsearch.Close();
        (string Name, FileObject? Call)[] given = [.. calls.Where(static call => call.Call is not null)];
        if (given is not [(string name, FileObject call)])
        {
            elasticsearch.Refuse($"must have exactly one of {string.Join(", ", calls.Select(static one => one.Name))}.");
            return null;
        }

        int before = call.Problems.Count;
        string index = IndexOf(call);
        CallTemplate? template = name switch
        {
            "get" => OfDocument(call, new ElasticsearchCall("get", $"{index}/_doc/", Collection: index)),
            "source" => OfDocument(call, new ElasticsearchCall("get_source", $"{index}/_source/", Collection: index)),
            "search" => CallTemplate.WithBody(new ElasticsearchCall("search", $"{index}/_search{Strictness}", Collection: index), BodyOf(call, "body", required: true)!),
            "searchTemplate" => CallTemplate.WithBody(new ElasticsearchCall("search_template", $"{index}/_search/template{Strictness}", Collection: index), StoredTemplateOf(call)),
            _ => Count(call, new ElasticsearchCall("count", $"{index}/_count", Collection: index)),
        };
        call.Close();
        return call.Problems.Count == before ? template : null;
    }

    /// <summary>Else a search of which shards are missing is a 200 with fewer hits.</summary>
    private string Strictness => allowPartialResults ? "?allow_partial_search_results=true" : "?allow_partial_search_results=false";

    private static string IndexOf(FileObject call)
    {
        string index = call.Text("index", required: true) ?? "";
        if (index.Length > 0 && !IndexName.IsUsable(index))
        {
            call.Refuse("index", IndexName.Rules);
        }

        return Uri.EscapeDataString(index);
    }

    private CallTemplate? OfDocument(FileObject call, ElasticsearchCall target)
    {
        string id = call.Text("id", required: true) ?? "";
        if (PlaceOf(id) is >= 0 and int place)
        {
            return CallTemplate.OfDocument(target, parameters[place], place);
        }

        if (id.Length > 0 && IsFixed(call, "id", id) && !DocumentId.IsUsable(id))
        {
            call.Refuse("id", "cannot be a document's id.");
        }

        return CallTemplate.Always(target with { Target = target.Target + Uri.EscapeDataString(id) });
    }

    private CallTemplate Count(FileObject call, ElasticsearchCall target) =>
        BodyOf(call, "body", required: false) is { } body ? CallTemplate.WithBody(target, body) : CallTemplate.Always(target);

    private JsonTemplate StoredTemplateOf(FileObject call)
    {
        string id = call.Text("id", required: true) ?? "";
        IsFixed(call, "id", id);
        List<(string, JsonTemplate)> members = [("id", JsonTemplate.Text(id))];
        if (BodyOf(call, "params", required: false) is { } given)
        {
            members.Add(("params", given));
        }

        return JsonTemplate.Object(members);
    }

    private JsonTemplate? BodyOf(FileObject call, string name, bool required)
    {
        if (call.Take(name) is { ValueKind: JsonValueKind.Object } body)
        {
            CheckTexts(call, body, name);
            return JsonTemplate.Of(body, PlaceOf);
        }

        if (required || call.Take(name) is not null)
        {
            call.Refuse(name, "must be an object.");
        }

        return required ? JsonTemplate.Object([]) : null;
    }

    /// <summary>Refuses a parameter in the middle of a text or as a member's name, where its value would be text, and could be more than a value.</summary>
    private void CheckTexts(FileObject call, JsonElement value, string place)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    IsFixed(call, place, member.Name);
                    CheckTexts(call, member.Value, $"{place}.{member.Name}");
                }

                break;
            case JsonValueKind.Array:
                foreach ((int index, JsonElement item) in value.EnumerateArray().Index())
                {
                    CheckTexts(call, item, $"{place}[{index}]");
                }

                break;
            case JsonValueKind.String when PlaceOf(value.GetString()!) < 0:
                IsFixed(call, place, value.GetString()!);
                break;
        }
    }

    private bool IsFixed(FileObject call, string place, string text)
    {
        if (text is ['{', .. string name, '}'] && ParameterReader.IsName(name) && !parameters.Any(parameter => parameter.Name == name))
        {
            call.Refuse(place, $"{text}: the view has no such parameter.");
            return false;
        }

        if (parameters.FirstOrDefault(parameter => text.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal)) is { } inside)
        {
            call.Refuse(place, $"{{{inside.Name}}} can only stand for a whole value.");
            return false;
        }

        return true;
    }

    private int PlaceOf(string text)
    {
        int place = text is ['{', .. string name, '}'] ? Array.FindIndex(parameters, parameter => parameter.Name == name) : -1;
        if (place >= 0)
        {
            _used.Add(parameters[place].Name);
        }

        return place;
    }
}

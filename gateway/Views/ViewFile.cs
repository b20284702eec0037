using System.Text.Json;
using Gateway.Configuration;

namespace Gateway.Views;

/// <summary>
/// views.json in the configuration folder. It has a reader of its own, since <see cref="IConfiguration"/> loses numbers, nulls and <c>{}</c>. All paths
/// and names that the configuration has already given to views are taken.
/// </summary>
internal sealed class ViewFile(string? folder, ViewsOptions configured)
{
    private readonly string? _path = folder is null ? null : Path.Combine(folder, ConfigurationFolder.Views);

    /// <summary>The file as it is now, where it is there.</summary>
    public FilesFound Read() => _path is null ? FilesFound.None : FilesFound.Read([_path]);

    /// <summary>The views of what was found, and its problems, a sentence each; a file that is not there has neither.</summary>
    public IReadOnlyList<ViewTemplate> Parse(FilesFound found, out IReadOnlyList<string> problems)
    {
        if (found.Failure is not null)
        {
            problems = [found.Failure];
            return [];
        }

        List<string> wrong = [];
        IReadOnlyList<ViewTemplate> views = found.Files is [(_, byte[] json)] ? Parse(json, wrong) : [];
        problems = [.. wrong.Select(problem => $"{_path}: {problem}")];
        return views;
    }

    private List<ViewTemplate> Parse(byte[] json, List<string> problems)
    {
        try
        {
            using JsonDocument document = StrictJson.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add("must hold an object with the member views.");
                return [];
            }

            return Views(new FileObject(document.RootElement, "$", problems), problems);
        }
        catch (JsonException broken)
        {
            problems.Add(JsonProblem.Of(broken));
            return [];
        }
    }

    private List<ViewTemplate> Views(FileObject root, List<string> problems)
    {
        List<ViewTemplate> views = [];
        root.Text("$schema");
        foreach ((string name, FileObject value) in root.Object("views")?.Entries() ?? [])
        {
            if (ViewReader.Read(name, value) is { } view)
            {
                CheckFree(view, views, value);
                views.Add(view);
            }
        }

        root.Close();
        return problems.Count == 0 ? views : [];
    }

    private void CheckFree(ViewTemplate view, List<ViewTemplate> others, FileObject value)
    {
        foreach (ViewTemplate other in others.Where(other => other.Path.Shape == view.Path.Shape && other.Methods.Intersect(view.Methods).Any()))
        {
            value.Refuse("path", $"the view {other.Name} has the same path and method.");
        }

        foreach ((string name, ViewOptions _) in configured.Served.Where(other => other.Value.Path == view.Path.Text))
        {
            value.Refuse("path", $"the view {name} of the configuration has the same path.");
        }

        if (configured.ContainsKey(view.Name))
        {
            value.Refuse("the configuration has a view of this name.");
        }
    }
}

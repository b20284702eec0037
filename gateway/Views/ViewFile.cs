using System.Text.Json;

namespace Gateway.Views;

/// <summary>
/// views.json in the configuration folder. It has a reader of its own, since <see cref="IConfiguration"/> loses numbers, nulls and <c>{}</c>. All paths
/// and names that the configuration has already given to views are taken.
/// </summary>
internal sealed class ViewFile(string? folder, ViewsOptions configured)
{
    public const string Name = "views.json";

    // As long as a ConfigMap can be.
    private const int LongestFile = 1024 * 1024;

    private readonly string? _path = folder is null ? null : Path.Combine(folder, Name);

    /// <summary>What the file holds now.</summary>
    public ViewFileContent Read()
    {
        if (_path is null || !File.Exists(_path))
        {
            return default;
        }

        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > LongestFile)
            {
                return new ViewFileContent(Failure: $"has more than {LongestFile} bytes.");
            }

            byte[] json = new byte[file.Length];
            return new ViewFileContent(json[..file.ReadAtLeast(json, json.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new ViewFileContent(Failure: $"cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>The views of a content, and its problems, a sentence each; a file that is not there has neither.</summary>
    public IReadOnlyList<ViewTemplate> Parse(ViewFileContent content, out IReadOnlyList<string> problems)
    {
        List<string> found = content.Failure is null ? [] : [content.Failure];
        IReadOnlyList<ViewTemplate> views = content.Json is null ? [] : Parse(content.Json, found);
        problems = [.. found.Select(problem => $"{_path}: {problem}")];
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
            problems.Add(broken.Message.ReplaceLineEndings(" "));
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

        foreach ((string name, ViewOptions _) in configured.Where(other => other.Value.Path == view.Path.Text))
        {
            value.Refuse("path", $"the view {name} of the configuration has the same path.");
        }

        if (configured.ContainsKey(view.Name))
        {
            value.Refuse("the configuration has a view of this name.");
        }
    }
}

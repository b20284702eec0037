using Gateway.Tests.Hosting;

namespace Gateway.Tests.Configuration;

/// <summary>A temporary folder of configuration files, which GATEWAY_CONFIG names until the test is over.</summary>
internal sealed class Folder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-config-");
    private readonly Variables _environment;

    public Folder(params (string Name, string Text)[] files)
    {
        foreach ((string name, string text) in files)
        {
            File.WriteAllText(FileOf(name), text);
        }

        _environment = new Variables(("GATEWAY_CONFIG", _folder.FullName));
    }

    public string FileOf(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        _environment.Dispose();
        _folder.Delete(recursive: true);
    }
}

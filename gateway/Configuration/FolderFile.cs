using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Configuration;

/// <summary>One file of the configuration folder as a layer, from the bytes that were found: what is judged is what is applied.</summary>
internal sealed class FolderFile(string path, byte[] bytes) : IConfigurationSource
{
    public string Path => path;

    public byte[] Bytes => bytes;

    public IConfigurationProvider Build(IConfigurationBuilder builder) =>
        new Provider(new JsonConfigurationSource { Path = path }, bytes);

    /// <summary>Why the file is no layer; null where it is one.</summary>
    public string? Problem()
    {
        try
        {
            new Provider(new JsonConfigurationSource { Path = path }, bytes).Load();
            return null;
        }
        catch (ConfigurationException broken)
        {
            return broken.Message;
        }
    }

    private sealed class Provider(JsonConfigurationSource source, byte[] bytes) : JsonConfigurationProvider(source)
    {
        /// <exception cref="ConfigurationException">The file is no JSON object, has a key twice, or a text that is no Unicode.</exception>
        public override void Load()
        {
            try
            {
                Load(new MemoryStream(bytes, writable: false));
            }
            catch (FormatException broken)
            {
                string reason = broken.GetBaseException() is JsonException json ? JsonProblem.Of(json) : broken.Message;
                throw new ConfigurationException([$"{Source.Path}: {reason.ReplaceLineEndings(" ")}"]);
            }
            catch (InvalidOperationException)
            {
                // What JSON can say with escapes, and no text can hold.
                throw new ConfigurationException([$"{Source.Path}: a text is half a surrogate pair."]);
            }
        }
    }
}

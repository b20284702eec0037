namespace Gateway.Views;
internal enum PythonJsonStyle { Flask, Django, Compact }
internal static class PythonJson { public static byte[] Write(ReadOnlyMemory<byte> json, PythonJsonStyle style) => json.ToArray(); }

using System.Text.Json.Serialization;

namespace Gateway.Responding;

/// <summary>RFC 9457 §3.1, with the id under which the request stands in the traces. The type is <c>about:blank</c>, its default.</summary>
internal sealed record ProblemBody(string Title, int Status, string Detail, string? TraceId);

/// <summary>Serialises <see cref="ProblemBody"/> without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ProblemJson : JsonSerializerContext;

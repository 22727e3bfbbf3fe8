using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Kumiki.Hosting;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>; it is built when someone asks for it.</summary>
static class ApiDocument
{
    /// <summary>Values that write themselves as text, each with an example.</summary>
    static readonly Dictionary<Type, string> Texts = new()
    {
        [typeof(VersionName)] = "demand-model@7",
        [typeof(RunId)] = "run-42",
        [typeof(Digest)] = Digest.Of("").Hex,
    };

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Kumiki";
            document.Info.Version = "v1";
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (Texts.TryGetValue(context.JsonTypeInfo.Type, out var example))
                (schema.Type, schema.Examples) = (JsonSchemaType.String, [JsonValue.Create(example)]);
            return Task.CompletedTask;
        });
    }
}

using Microsoft.AspNetCore.OpenApi;

namespace Kumiki.Hosting;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>; it is built when someone asks for it.</summary>
static class ApiDocument
{
    public static void Configure(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "Kumiki";
        document.Info.Version = "v1";
        document.Servers?.Clear();
        return Task.CompletedTask;
    });
}

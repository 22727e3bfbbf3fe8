using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Kumiki.Serving;

namespace Kumiki.Hosting;

static partial class EndpointDocument
{
    /// <summary>Adds how answers are found that were computed before.</summary>
    static JsonObject WithComputed(JsonObject document, LiveEndpoint endpoint)
    {
        if (endpoint.Precomputed is not { Plan: var plan } computed) return document;
        var address = $"/api/endpoints/{endpoint.Version.Asset}/precomputed";
        document["paths"]![address] = new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["operationId"] = "precomputed",
                ["summary"] = $"{string.Join(", ", plan.Keys)} → {endpoint.Plan.Output}, computed before",
                ["parameters"] = new JsonArray([.. plan.Keys.Select(k => (JsonNode)Query(k, KeyOf(computed, k))),
                    Header(EndpointDoor.IdHeader, "string", "What the prediction is called.")]),
                ["responses"] = Responses("A row was computed for the keys.", Reference("Computed"), "No row was computed for these keys."),
            },
            ["post"] = new JsonObject
            {
                ["operationId"] = "precomputedOrPredicted",
                ["summary"] = "The same of one row or several; rows that hold more than their keys are put to the model where none was computed.",
                ["requestBody"] = new JsonObject
                {
                    ["required"] = true,
                    ["content"] = Json(new()
                    {
                        ["oneOf"] = new JsonArray(Reference("KeyedRow"), new JsonObject
                        {
                            ["type"] = "object",
                            ["required"] = new JsonArray("rows"),
                            ["properties"] = new JsonObject
                            {
                                ["rows"] = new JsonObject
                                {
                                    ["type"] = "array",
                                    ["minItems"] = 1,
                                    ["maxItems"] = EndpointDoor.MostLookups,
                                    ["items"] = Reference("KeyedRow"),
                                },
                                ["parameters"] = Reference("Parameters"),
                            },
                        }),
                    }),
                },
                ["responses"] = Responses("The answer, or a list of them in the order of the rows.", new()
                {
                    ["oneOf"] = new JsonArray(Reference("Computed"), Reference("Prediction"), new JsonObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JsonObject
                        {
                            ["endpoint"] = Type("string"),
                            ["release"] = Type("integer"),
                            ["predictions"] = new JsonObject
                            {
                                ["type"] = "array",
                                ["items"] = new JsonObject { ["oneOf"] = new JsonArray(Reference("Computed"), Reference("Prediction"), Reference("Missing")) },
                            },
                        },
                    }),
                }, "No row was computed for the keys of the one row, and it has nothing else to ask the model by."),
            },
        };
        var schemas = document["components"]!["schemas"]!;
        schemas["KeyedRow"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "The keys, and the fields of Row where the model may be asked.",
            ["required"] = new JsonArray([.. plan.Keys.Select(k => JsonValue.Create(k))]),
            ["properties"] = new JsonObject(plan.Keys.Select(k => KeyValuePair.Create(k, (JsonNode?)KeyOf(computed, k)))),
        };
        schemas["Computed"] = Computed(endpoint);
        schemas["Missing"] = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("id", "answer", "missing"),
            ["properties"] = new JsonObject
            {
                ["id"] = Type("string"),
                ["answer"] = Type("null"),
                ["missing"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["detail"] = Type("string"), ["id"] = Type("string") } },
            },
        };
        return document;
    }

    static JsonObject Computed(LiveEndpoint endpoint) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("id", "answer", "precomputed"),
        ["properties"] = new JsonObject
        {
            ["id"] = Type("string"),
            ["answer"] = Type(endpoint.Plan.Decision.Rule is DecisionRule.AsNumber ? "number" : "string"),
            ["lower"] = Type("number"),
            ["upper"] = Type("number"),
            ["precomputed"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["version"] = Type("string"),
                    ["made_at"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
                    ["age_seconds"] = Type("number"),
                    ["stale"] = Type("boolean"),
                    ["row"] = Type("object"),
                },
            },
            ["endpoint"] = Type("string"),
            ["release"] = Type("integer"),
        },
    };

    static JsonObject Responses(string ok, JsonObject schema, string none) => new()
    {
        ["200"] = new JsonObject { ["description"] = ok, ["content"] = Json(schema) },
        ["400"] = Failure("A key is missing or no value of its column; errors names it."),
        ["404"] = Failure(none),
        ["503"] = Failure("The rows cannot be asked, or are too old to be an answer."),
    };

    static JsonObject Query(string key, JsonObject schema) => new() { ["name"] = key, ["in"] = "query", ["required"] = true, ["schema"] = schema };

    static JsonObject KeyOf(LivePrecomputed computed, string key) => computed.Rows?.Column(key).Kind switch
    {
        PrecomputedKind.Integer => Type("integer"),
        PrecomputedKind.Flag => Type("boolean"),
        PrecomputedKind.Date => new() { ["type"] = "string", ["format"] = "date" },
        _ => Type("string"),
    };
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>One endpoint in OpenAPI 3.1, so that clients can be generated and people see what to send.</summary>
static partial class EndpointDocument
{
    public static JsonSerializerOptions Written { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    public static JsonObject Of(LiveEndpoint endpoint) => WithComputed(Plain(endpoint), endpoint);

    static JsonObject Plain(LiveEndpoint endpoint)
    {
        var plan = endpoint.Plan;
        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = endpoint.Version.Asset, ["version"] = $"{endpoint.Version.Number}" },
            ["paths"] = new JsonObject
            {
                [$"/api/endpoints/{endpoint.Version.Asset}/predict"] = new JsonObject
                {
                    ["post"] = new JsonObject
                    {
                        ["operationId"] = "predict",
                        ["summary"] = $"{plan.Input} → {plan.Output}",
                        ["parameters"] = new JsonArray(
                            Header(EndpointDoor.ReleaseHeader, "integer", "The only release that may answer: live, or live before and not rolled back."),
                            Header(EndpointDoor.AtLeastHeader, "integer", "The oldest release that may answer."),
                            Header(EndpointDoor.SessionHeader, "string", "Equal rows of one session get equal answers."),
                            Header(EndpointDoor.SessionReleaseHeader, "integer", "What the session's first answer said: every server goes on with it."),
                            Header(EndpointDoor.IdHeader, "string", "What the prediction of one row is called."),
                            Header(RequestParameters.TimeoutHeader, "integer", "How long the caller waits, in milliseconds.")),
                        ["requestBody"] = new JsonObject
                        {
                            ["required"] = true,
                            ["content"] = Json(new()
                            {
                                ["oneOf"] = new JsonArray(Reference("Row"), new JsonObject
                                {
                                    ["type"] = "object",
                                    ["required"] = new JsonArray("rows"),
                                    ["properties"] = new JsonObject
                                    {
                                        ["rows"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Reference("Row") },
                                        ["parameters"] = Reference("Parameters"),
                                    },
                                })
                            }),
                        },
                        ["responses"] = new JsonObject
                        {
                            ["200"] = new JsonObject
                            {
                                ["description"] = "The answer, or a list of them.",
                                ["headers"] = new JsonObject
                                {
                                    [EndpointDoor.ReleaseHeader] = new JsonObject { ["schema"] = Type("integer") },
                                    [EndpointDoor.SessionReleaseHeader] = new JsonObject { ["description"] = "Of a session.", ["schema"] = Type("integer") },
                                },
                                ["content"] = Json(new()
                                {
                                    ["oneOf"] = new JsonArray(Reference("Prediction"), new JsonObject
                                    {
                                        ["type"] = "object",
                                        ["properties"] = new JsonObject
                                        {
                                            ["endpoint"] = Type("string"),
                                            ["release"] = Type("integer"),
                                            ["predictions"] = new JsonObject { ["type"] = "array", ["items"] = Reference("Prediction") },
                                        },
                                    })
                                }),
                            },
                            ["400"] = Failure("A field is wrong; errors names each."),
                            ["404"] = Failure("No such endpoint is released, or the release was never live."),
                            ["409"] = Failure("The release that was asked for was rolled back."),
                            ["429"] = Failure("Too many wait; Retry-After says when to ask again."),
                            ["500"] = Failure("The model failed."),
                            ["503"] = Failure("Not now; Retry-After says when to ask again."),
                            ["504"] = Failure("The time to wait is over."),
                        },
                    },
                },
            },
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject { ["Row"] = Row(plan), ["Prediction"] = Prediction(plan), ["Parameters"] = Parameters(), ["Problem"] = Problem() },
            },
        };
    }

    /// <summary>A PNG of one grey pixel.</summary>
    const string Dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

    /// <summary>A value that the field takes.</summary>
    public static JsonNode ExampleOf(EndpointField field)
    {
        var number = Math.Clamp(field.Kind == FieldKind.Date ? 20_000 : 1, field.Min ?? double.NegativeInfinity, field.Max ?? double.PositiveInfinity);
        return field.Kind switch
        {
            FieldKind.Integer => JsonValue.Create((long)Math.Ceiling(field.MinExcluded && number.Equals(field.Min) ? number + 1 : number)),
            FieldKind.Number or FieldKind.Single or FieldKind.Decimal => JsonValue.Create(number),
            FieldKind.Flag => JsonValue.Create(false),
            FieldKind.Date => JsonValue.Create(DateOnly.FromDayNumber((int)number + Epoch).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)),
            FieldKind.Choice => JsonValue.Create(field.Choices![0]),
            FieldKind.Picture => JsonValue.Create(Dot),
            _ => JsonValue.Create(field.Known?[0] ?? ""),
        };
    }

    static JsonObject Row(EndpointPlan plan)
    {
        var properties = new JsonObject();
        foreach (var field in plan.Fields) properties[field.Name] = SchemaOf(field);
        return new()
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray([.. plan.Fields.Where(f => !f.Optional).Select(f => JsonValue.Create(f.Name))]),
            ["properties"] = properties,
        };
    }

    static JsonObject SchemaOf(EndpointField field)
    {
        var schema = new JsonObject();
        var type = field.Kind switch
        {
            FieldKind.Integer => "integer",
            FieldKind.Number or FieldKind.Single or FieldKind.Decimal => "number",
            FieldKind.Flag => "boolean",
            FieldKind.Any => null,
            _ => "string",
        };
        if (type is not null) schema["type"] = field.Optional ? new JsonArray(type, "null") : type;
        if (field.Kind == FieldKind.Date) schema["format"] = "date";
        if (field.Kind == FieldKind.Picture) schema["contentEncoding"] = "base64";
        if (field.Choices is { } choices) schema["enum"] = new JsonArray([.. choices.Select(c => JsonValue.Create(c)), .. field.Optional ? (JsonValue?[])[null] : []]);
        if (field.Kind is not FieldKind.Date)
        {
            if (field.Min is { } min) schema[field.MinExcluded ? "exclusiveMinimum" : "minimum"] = min;
            if (field.Max is { } max) schema[field.MaxExcluded ? "exclusiveMaximum" : "maximum"] = max;
        }
        if (field.Known is { } known) schema["examples"] = new JsonArray([.. known.Take(10).Select(k => JsonValue.Create(k))]);
        if (!field.IsRead) schema["description"] = "No model reads it.";
        return schema;
    }

    static JsonObject Prediction(EndpointPlan plan) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("id", "answer"),
        ["properties"] = new JsonObject
        {
            ["id"] = Type("string"),
            ["answer"] = plan.Decision.Rule is DecisionRule.Each each ? EachAnswer(each)
                : plan.Decision.Rule.Answers is { Count: > 0 } answers ? new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. answers.Select(a => JsonValue.Create(a))]) }
                : Type(plan.Decision.Rule is DecisionRule.AsNumber ? "number" : "string"),
            ["score"] = Type("number"),
            ["lower"] = Type("number"),
            ["upper"] = Type("number"),
            ["top"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["class"] = Type("string"), ["probability"] = Type("number") } } },
            ["model"] = Type("string"),
            ["threshold"] = Type("string"),
            ["parts"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "What each of several models said.",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("model", "answer"),
                    ["properties"] = new JsonObject
                    {
                        ["model"] = Type("string"),
                        ["threshold"] = Type("string"),
                        ["answer"] = new JsonObject { ["type"] = new JsonArray("string", "number") },
                        ["score"] = Type("number"),
                    },
                },
            },
            ["fallback"] = Type("string"),
            ["remembered"] = Type("boolean"),
            ["endpoint"] = Type("string"),
            ["release"] = Type("integer"),
        },
    };

    /// <summary>An object with an answer for each model; a fallback's answer is a text.</summary>
    static JsonObject EachAnswer(DecisionRule.Each each)
    {
        var answers = new JsonObject();
        foreach (var part in each.Parts) answers[part.Model] = Type(part.Rule is DecisionRule.AsNumber ? "number" : "string");
        return new() { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "object", ["properties"] = answers }, Type("string")) };
    }

    static JsonObject Parameters() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject
        {
            ["session"] = Type("string"),
            ["ids"] = new JsonObject { ["type"] = "array", ["items"] = Type("string") },
            ["timeout_ms"] = Type("integer"),
            ["priority"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = InferenceRequest.Priorities },
            ["unknown_categories"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("score", "refuse") },
            ["scores"] = Type("boolean"),
        },
    };

    static JsonObject Problem() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["status"] = Type("integer"),
            ["detail"] = Type("string"),
            ["id"] = Type("string"),
            ["errors"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["row"] = Type("integer"), ["field"] = Type("string"), ["detail"] = Type("string"), ["id"] = Type("string") } },
            },
        },
    };

    static JsonObject Type(string type) => new() { ["type"] = type };

    static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    static JsonObject Failure(string says) => new() { ["description"] = says, ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = Reference("Problem") } } };

    static JsonObject Header(string name, string type, string says) => new() { ["name"] = name, ["in"] = "header", ["description"] = says, ["schema"] = Type(type) };
}

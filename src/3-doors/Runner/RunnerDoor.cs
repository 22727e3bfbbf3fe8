using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Packages;

namespace Kumiki.Running;

/// <summary>What is asked over HTTP: a prediction, scores over the Open Inference Protocol, health, and which release this is.</summary>
sealed class RunnerDoor(RunningPackage running, PredictionFile? log, TimeProvider clock, Action<Exception> fault)
{
    /// <summary>The most bytes of a body: on a small machine, a few thousand rows.</summary>
    public const int MostBody = 4 << 20;

    public HttpAnswer Answer(HttpAsked asked, ReadOnlyMemory<byte> body)
    {
        var package = running.Take();
        try
        {
            return Route(asked, body, package);
        }
        catch (FieldsRefusedException e)
        {
            return Error(asked, 400, e.Says, e.Errors);
        }
        catch (NativeException e)
        {
            return Error(asked, 500, e.Says);
        }
        catch (KumikiException e)
        {
            return Error(asked, 400, e.Says);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            fault(e);
            return Error(asked, 500, Message.Of("runner.fault", ("reason", e.GetType().Name)));
        }
        finally
        {
            package.Release();
        }
    }

    HttpAnswer Route(HttpAsked asked, ReadOnlyMemory<byte> body, OpenedPackage package)
    {
        var get = asked.Method is "GET" or "HEAD";
        var post = asked.Method == "POST";
        switch (asked.Path.Split('/'))
        {
            case ["", "predict"]: return post ? Predict(body, package) : Method("POST");
            case ["", "release"]: return get ? Ok(package, json => Release(json, package)) : Method("GET");
            case ["", "v2", "health", "live" or "ready"]: return get ? new(200, ReadOnlyMemory<byte>.Empty) : Method("GET");
            case ["", "v2"]: return get ? Ok(package, InferDoor.Server) : Method("GET");
            case ["", "v2", "models", var model, .. var rest]:
                if (package.Endpoint.ColumnsOf(model) is not { } columns)
                    return Error(asked, 404, Message.Of("runner.no-model", ("model", model),
                        ("models", string.Join(", ", package.Manifest.Versions.Where(v => v.Kind == "model").Select(v => v.Name)))));
                var number = package.VersionOf("model", model)!.Split('@')[1];
                if (rest is ["versions", var version, ..] && version == number) rest = rest[2..];
                switch (rest)
                {
                    case []: return get ? Ok(package, json => InferDoor.Model(json, model, number, columns)) : Method("GET");
                    case ["ready"]: return get ? new(200, ReadOnlyMemory<byte>.Empty) : Method("GET");
                    case ["infer"]: return post ? Ok(package, json => InferDoor.Infer(json, body, package.Endpoint, model, number, columns)) : Method("POST");
                }
                break;
        }
        return Error(asked, 404, Message.Of("runner.no-path", ("path", asked.Path)));

        HttpAnswer Method(string method) => Error(asked, 405, Message.Of("runner.method", ("path", asked.Path), ("method", method)));
    }

    HttpAnswer Predict(ReadOnlyMemory<byte> body, OpenedPackage package)
    {
        var began = clock.GetTimestamp();
        var bytes = body.ToArray();
        using var rows = EndpointRows.Read(package.Endpoint.Schema, bytes, bytes.Length, out var at);
        var answers = package.Endpoint.Answer(rows, at.Length > 0 && ScoresUnknown(bytes.AsMemory(at.At, at.Length)));
        var ids = new string[answers.Length];
        for (var row = 0; row < answers.Length; row++) ids[row] = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
        if (log is not null)
        {
            var took = clock.GetElapsedTime(began);
            for (var row = 0; row < answers.Length; row++) log.Add(Line(rows, row, answers[row], ids[row], package, took));
        }
        return Ok(package, json =>
        {
            json.WriteStartObject();
            if (rows.IsOne) Write(json, answers[0], ids[0], package);
            json.WriteString("endpoint", package.VersionOf("endpoint"));
            json.WriteNumber("release", package.Manifest.Release);
            if (!rows.IsOne)
            {
                json.WriteStartArray("predictions");
                foreach (var (row, answer) in answers.Index())
                {
                    json.WriteStartObject();
                    Write(json, answer, ids[row], package);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            json.WriteEndObject();
        });
    }

    static bool ScoresUnknown(ReadOnlyMemory<byte> parameters)
    {
        using var document = JsonDocument.Parse(parameters);
        return document.RootElement.TryGetProperty("unknown_categories", out var said) && said.ValueKind == JsonValueKind.String && said.ValueEquals("score");
    }

    static void Write(Utf8JsonWriter json, PackagedAnswer answer, string id, OpenedPackage package)
    {
        json.WriteString("id", id);
        Decision(json, answer, scores: answer.Parts.Count == 0);
        if (answer.Parts.Count == 0)
        {
            Versions(json, answer, package);
            return;
        }
        json.WriteStartArray("parts");
        foreach (var (said, part) in answer.Parts.Zip(PartsOf(package.Endpoint.Plan, answer)))
        {
            json.WriteStartObject();
            By(json, part, package);
            Decision(json, said, scores: true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (answer.Fallback is { } fallback) json.WriteString("fallback", fallback);
    }

    /// <summary>The versions that answered; of several models each in a list.</summary>
    static void Versions(Utf8JsonWriter json, PackagedAnswer answer, OpenedPackage package)
    {
        if (answer.Model is not null) By(json, PartsOf(package.Endpoint.Plan, answer)[0], package);
        if (answer.Parts.Count > 0)
        {
            var parts = PartsOf(package.Endpoint.Plan, answer);
            List("models", parts.Select(p => package.VersionOf("model", p.Model)));
            List("thresholds", parts.Where(p => p.Threshold is not null).Select(p => package.VersionOf("threshold", p.Threshold)));
        }
        if (answer.Fallback is { } fallback) json.WriteString("fallback", fallback);

        void List(string name, IEnumerable<string?> versions)
        {
            json.WriteStartArray(name);
            foreach (var version in versions.Distinct()) json.WriteStringValue(version);
            json.WriteEndArray();
        }
    }

    static void By(Utf8JsonWriter json, PlannedDecision decision, OpenedPackage package)
    {
        json.WriteString("model", package.VersionOf("model", decision.Model));
        if (decision.Threshold is { } threshold) json.WriteString("threshold", package.VersionOf("threshold", threshold));
    }

    /// <summary>The parts that answered: of the plan's decision, or of the fallback that stood in for it.</summary>
    static IReadOnlyList<PlannedDecision> PartsOf(EndpointPlan plan, PackagedAnswer answer) => answer.Fallback is null ? plan.Decision.Parts
        : plan.Fallbacks.OfType<PlannedFallback.Smaller>().First(f => f.Name == answer.Fallback).Decision.Parts;

    static void Decision(Utf8JsonWriter json, PackagedAnswer answer, bool scores)
    {
        var decided = answer.Decided;
        if (decided.Number is { } number) json.WriteNumber("answer", number);
        else if (decided.IsObject)
        {
            json.WritePropertyName("answer");
            json.WriteRawValue(decided.Answer!);
        }
        else json.WriteString("answer", decided.Answer);
        if (decided.Lower is { } lower) json.WriteNumber("lower", lower);
        if (decided.Upper is { } upper) json.WriteNumber("upper", upper);
        if (decided.Top is { } top)
        {
            json.WriteStartArray("top");
            foreach (var (name, probability) in top)
            {
                json.WriteStartObject();
                json.WriteString("class", name);
                json.WriteNumber("probability", probability);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (!scores) return;
        if (answer.Scores is [var one]) json.WriteNumber("score", one);
        else if (answer.Scores.Length > 1)
        {
            json.WriteStartArray("scores");
            foreach (var score in answer.Scores) json.WriteNumberValue(score);
            json.WriteEndArray();
        }
    }

    /// <summary>What is kept of a prediction: the form of <c>POST /api/edge/logs</c>. What tells of a person stays out.</summary>
    byte[] Line(EndpointRows rows, int row, PackagedAnswer answer, string id, OpenedPackage package, TimeSpan took)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("at", clock.GetUtcNow());
        json.WriteString("endpoint", package.VersionOf("endpoint"));
        json.WriteNumber("release", package.Manifest.Release);
        json.WriteNumber("took_us", (long)took.TotalMicroseconds);
        Versions(json, answer, package);
        Decision(json, answer, scores: true);
        if (answer is { Scores.Length: > 1, Outputs: { } outputs })
        {
            json.WriteStartArray("outputs");
            foreach (var name in outputs.Names) json.WriteStringValue(name);
            json.WriteEndArray();
        }
        json.WritePropertyName("input");
        Input(json, rows, row);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    static void Input(Utf8JsonWriter json, EndpointRows rows, int row)
    {
        json.WriteStartObject();
        foreach (var (place, field) in rows.Schema.Fields.Index())
        {
            if (field.Personal || field.Kind == FieldKind.Any || rows.IsMissing(place, row)) continue;
            var number = field.IsNumeric ? rows.Number(place, row) : 0;
            switch (field.Kind)
            {
                case FieldKind.Flag: json.WriteBoolean(field.Name, number == 1); break;
                case FieldKind.Date:
                    json.WriteString(field.Name, DateOnly.FromDayNumber((int)number + new DateOnly(1970, 1, 1).DayNumber).ToString("yyyy-MM-dd",
                        CultureInfo.InvariantCulture));
                    break;
                case FieldKind.Text or FieldKind.Choice: json.WriteString(field.Name, rows.Text(place, row)); break;
                default: json.WriteNumber(field.Name, number); break;
            }
        }
        json.WriteEndObject();
    }

    void Release(Utf8JsonWriter json, OpenedPackage package)
    {
        json.WriteStartObject();
        json.WriteString("name", package.Manifest.Name);
        json.WriteNumber("release", package.Manifest.Release);
        json.WriteString("releasedAt", package.Manifest.ReleasedAt);
        json.WriteString("package", package.Package.Id);
        json.WriteString("key", package.Manifest.Key);
        json.WriteStartArray("versions");
        foreach (var version in package.Manifest.Versions)
        {
            json.WriteStartObject();
            json.WriteString("name", version.Name);
            json.WriteString("kind", version.Kind);
            json.WriteString("content", version.Content);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("droppedFromLog", log?.Dropped ?? 0);
        json.WriteEndObject();
    }

    static HttpAnswer Ok(OpenedPackage package, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer)) write(json);
        return new(200, buffer.WrittenMemory, ("Kumiki-Release", package.Manifest.Release.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>What the server itself refuses.</summary>
    public static HttpAnswer Refuse(int status, HttpAsked? asked) => Error(asked, status, status switch
    {
        403 => Message.Of("runner.not-local"),
        408 => Message.Of("runner.too-slow"),
        413 or 431 => Message.Of("runner.too-large", ("most", MostBody)),
        503 => Message.Of("runner.crowded"),
        _ => Message.Of("runner.not-http"),
    });

    static HttpAnswer Error(HttpAsked? asked, int status, Message says, IReadOnlyList<FieldError>? errors = null)
    {
        var language = Catalogue.Known(asked?.Header("Accept-Language"));
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error", says.In(language));
            if (errors is not null)
            {
                json.WriteStartArray("fields");
                foreach (var (row, field, what) in errors)
                {
                    json.WriteStartObject();
                    json.WriteNumber("row", row);
                    if (field is not null) json.WriteString("field", field);
                    json.WriteString("says", what.In(language));
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return status == 503 ? new(status, buffer.WrittenMemory, ("Retry-After", "1")) : new(status, buffer.WrittenMemory);
    }
}

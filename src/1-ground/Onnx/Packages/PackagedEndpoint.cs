using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Onnx;

namespace Kumiki.Packages;

/// <summary>What one row was answered.</summary>
/// <param name="Scores">[outputs] of the model that answered, or of all that decided together; empty where a fallback without a model did.</param>
/// <param name="Model">That model's asset; null where none answered, or several did.</param>
/// <param name="Fallback">What answered in the first model's place; null where it did itself.</param>
public sealed record PackagedAnswer(float[] Scores, Decided Decided, string? Model, string? Fallback)
{
    /// <summary>What the scores are; null where there are none.</summary>
    public ModelOutputs? Outputs { get; init; }

    /// <summary>What each of several models said, in the order of the plan's parts; empty where one answered, or none.</summary>
    public IReadOnlyList<PackagedAnswer> Parts { get; init; } = [];

    /// <summary>The answer, or the number that is one.</summary>
    public string Text => Decided.Answer ?? Decided.Number?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}

/// <summary>The endpoint of a package, with its models open: rows in, decisions out, on the thread that asks. May be used from many threads; rows are scored by
/// one at a time.</summary>
/// <remarks>The rows, the adapter, the graph, the engine and the decision are the server's, so that scores and decisions have the same bits.</remarks>
public sealed class PackagedEndpoint : IDisposable
{
    const string Golden = "golden.json";
    const int BlockRows = 64, GoldenCount = 16;

    /// <summary>A model with the place of each of its columns among the endpoint's fields.</summary>
    sealed record Opened(Scorer Scorer, ScoringBlock Block, ModelOutputs Outputs, int[] Places, FrozenSet<string>?[] Known);

    readonly Dictionary<string, Opened> models = new(StringComparer.Ordinal);
    readonly Lock gate = new();

    PackagedEndpoint(EndpointPlan plan) => (Plan, Schema) = (plan, new(plan.Fields));

    public EndpointPlan Plan { get; }

    public EndpointSchema Schema { get; }

    /// <summary>Where a model's file lies in a package.</summary>
    public static string PathOf(string model) => $"models/{model}.onnx";

    /// <summary>Opens the endpoint of a package and asks it its golden rows.</summary>
    /// <exception cref="KumikiException">This program's adapter or this machine's engine gives other bits than where the package was made; or a file is
    /// missing.</exception>
    public static PackagedEndpoint Open(EdgePackage package)
    {
        var plan = EndpointPlan.Read(Needed(EndpointPlan.FileName).Span);
        var endpoint = Open(plan, model => Needed(PathOf(model)));
        try
        {
            endpoint.Hold(package.Path, JsonSerializer.Deserialize(Needed(Golden).Span, PackageJson.Written.GoldenRows)!);
            return endpoint;
        }
        catch
        {
            endpoint.Dispose();
            throw;
        }

        ReadOnlyMemory<byte> Needed(string file) => package.File(file) ?? throw new KumikiException(Message.Of("package.file-missing",
            ("package", package.Path), ("file", file)));
    }

    /// <summary>The files of an endpoint's package but its card: the plan, the models, and golden rows, which are made up here and answered by them.</summary>
    /// <param name="models">Of each model that the plan may ask, its ONNX file.</param>
    public static IReadOnlyDictionary<string, byte[]> Files(EndpointPlan plan, IReadOnlyDictionary<string, byte[]> models)
    {
        if (plan.Fields.FirstOrDefault(f => f.Kind == FieldKind.Picture) is { } picture)
            throw new KumikiException(Message.Of("package.pictures", ("field", picture.Name)));
        using var endpoint = Open(plan, model => models[model]);
        var rows = new List<GoldenRow>();
        KumikiException? refused = null;
        foreach (var row in MadeUpRows.Of(plan, GoldenCount, models.Values))
        {
            try
            {
                if (endpoint.Gold(row) is { } answered) rows.Add(answered);
            }
            catch (KumikiException e)
            {
                refused = e;        // a linear model takes no missing number; the other rows are asked
            }
        }
        if (rows.Count == 0) throw new KumikiException(Message.Of("package.no-golden", ("model", plan.Decision.Model), ("reason", refused?.Says)), refused);
        return new Dictionary<string, byte[]>(models.Select(m => KeyValuePair.Create(PathOf(m.Key), m.Value)))
        {
            [EndpointPlan.FileName] = plan.ToBytes(),
            [Golden] = JsonSerializer.SerializeToUtf8Bytes(new GoldenRows(rows), PackageJson.Written.GoldenRows),
        };
    }

    static PackagedEndpoint Open(EndpointPlan plan, Func<string, ReadOnlyMemory<byte>> fileOf)
    {
        var endpoint = new PackagedEndpoint(plan);
        try
        {
            foreach (var model in plan.Decisions.Select(d => d.Model).Distinct())
            {
                // No arena: a small machine gets the memory of a run back.
                var scorer = Scorer.Open(fileOf(model), new() { Threads = 1, Arena = false, BlockRows = BlockRows });
                endpoint.models[model] = new(scorer, scorer.NewBlock(BlockRows), ModelOutputs.Of(scorer),
                    [.. scorer.Columns.Select(c => endpoint.PlaceOf(model, c.Name))],
                    [.. scorer.Columns.Select(c => scorer.CategoriesOf(c.Name))]);
            }
            return endpoint;
        }
        catch
        {
            endpoint.Dispose();
            throw;
        }
    }

    int PlaceOf(string model, string column) =>
        Schema.Place(column) is >= 0 and var place ? place : throw new KumikiException(Message.Of("package.no-field", ("model", model), ("column", column)));

    /// <summary>A made-up row and its answer; null where a fallback answered it.</summary>
    GoldenRow? Gold(byte[] json)
    {
        var answer = AnswerOne(json);
        using var row = JsonDocument.Parse(json);
        return answer.Fallback is null ? new(row.RootElement.Clone(), [.. answer.Scores.Select(Bits)], answer.Text) : null;
    }

    void Hold(string package, GoldenRows golden)
    {
        foreach (var (number, row) in golden.Rows.Index())
        {
            var answer = AnswerOne(Encoding.UTF8.GetBytes(row.Input.GetRawText()));
            var (then, now) = ($"{string.Join(' ', row.Scores)} {row.Decision}", $"{string.Join(' ', answer.Scores.Select(Bits))} {answer.Text}");
            if (then != now) throw new KumikiException(Message.Of("package.golden", ("package", package), ("row", number + 1), ("then", then), ("now", now)));
        }
    }

    static string Bits(float score) => BitConverter.SingleToUInt32Bits(score).ToString("x8", CultureInfo.InvariantCulture);

    PackagedAnswer AnswerOne(byte[] json)
    {
        using var rows = EndpointRows.Read(Schema, json, json.Length, out _);
        return Answer(rows)[0];
    }

    /// <summary>Answers every row: the model where it can, else the plan's fallbacks in turn. Sessions are not kept here, so that the last answer of one is
    /// never given.</summary>
    /// <param name="scoreUnknown">Whether texts that the model never saw are scored instead of refused.</param>
    /// <exception cref="FieldsRefusedException">The model refuses values; the sentence names the field.</exception>
    /// <exception cref="KumikiException">A row has no answer; the sentence is the first model's.</exception>
    public PackagedAnswer[] Answer(EndpointRows rows, bool scoreUnknown = false)
    {
        var answers = new PackagedAnswer[rows.Count];
        lock (gate)
        {
            for (var from = 0; from < rows.Count; from += BlockRows)
            {
                int[] part = [.. Enumerable.Range(from, Math.Min(BlockRows, rows.Count - from))];
                try
                {
                    Ask(Plan.Decision, rows, part, scoreUnknown, fallback: null).CopyTo(answers, from);
                }
                catch (KumikiException e) when (e is not FieldsRefusedException && Plan.Fallbacks.Count > 0)
                {
                    foreach (var row in part) answers[row] = FallBack(rows, row, scoreUnknown) ?? throw new KumikiException(e.Says, e);
                }
            }
        }
        return answers;
    }

    PackagedAnswer? FallBack(EndpointRows rows, int row, bool scoreUnknown)
    {
        foreach (var fallback in Plan.Fallbacks)
        {
            switch (fallback)
            {
                case PlannedFallback.Smaller smaller:
                    try
                    {
                        return Ask(smaller.Decision, rows, [row], scoreUnknown, fallback.Name)[0];
                    }
                    catch (KumikiException)
                    {
                        break;      // the next one is asked; when none answers, the caller is told what kept the first
                    }
                case PlannedFallback.ByRule rule when rule.When.Holds(rows, row):
                    return new([], new(rule.Answer) { Number = rule.Number }, null, fallback.Name);
                case PlannedFallback.Always always: return new([], new(always.Answer) { Number = always.Number }, null, fallback.Name);
            }
        }
        return null;
    }

    PackagedAnswer[] Ask(PlannedDecision decision, EndpointRows rows, int[] which, bool scoreUnknown, string? fallback)
    {
        if (decision.Rule is DecisionRule.OfParts together)
        {
            var parts = together.Parts.Select(p => Ask(p, rows, which, scoreUnknown, fallback)).ToList();
            var all = together.ScoresOf(parts.ConvertAll(p => p[0].Outputs!));
            return [.. which.Select((_, i) => new PackagedAnswer([.. parts.SelectMany(p => p[i].Scores)], together.Join(parts.ConvertAll(p => p[i].Decided)), null, fallback)
            {
                Outputs = all,
                Parts = parts.ConvertAll(p => p[i]),
            })];
        }
        var (scorer, block, outputs, places, known) = models[decision.Model];
        block.Begin(which.Length);
        Span<float> numbers = stackalloc float[BlockRows];
        Span<byte> digits = stackalloc byte[32];
        for (var column = 0; column < places.Length; column++)
        {
            if (scorer.Columns[column].Kind == ColumnKind.Text)
            {
                foreach (var row in which)
                {
                    var text = rows.TextOf(places[column], row, digits);
                    if (!scoreUnknown && !text.IsEmpty && known[column] is { } texts && Encoding.UTF8.GetString(text) is var shown && !texts.Contains(shown))
                        throw Refused(row, scorer.Columns[column].Name, Message.Of("inference.unknown-category", ("input", scorer.Columns[column].Name),
                            ("row", row + 1),
                            ("text", shown.Length <= 60 ? shown : shown[..60] + "…")));
                    block.FillNextText(column, text);
                }
            }
            else
            {
                if (rows.Write(places[column], which, numbers) is >= 0 and var infinite)
                    throw Refused(infinite, scorer.Columns[column].Name, Message.Of("inference.infinite", ("input", scorer.Columns[column].Name),
                        ("row", infinite + 1)));
                block.FillTensor(column, numbers[..which.Length]);
            }
        }
        for (var i = 0; i < which.Length; i++)
            if (block.MissingIn(i) is { } missing) throw Refused(which[i], missing,
                Message.Of("inference.value-missing", ("input", missing), ("row", which[i] + 1)));
        var scores = block.Run();
        var answers = new PackagedAnswer[which.Length];
        for (var i = 0; i < which.Length; i++)
        {
            var own = scores.Slice(i * scorer.Width, scorer.Width).ToArray();
            answers[i] = new(own, decision.Rule.Decide(own, outputs), decision.Model, fallback) { Outputs = outputs };
        }
        return answers;
    }

    static FieldsRefusedException Refused(int row, string field, Message says) => new([new(row + 1, field, says)]);

    /// <summary>The columns that a model reads, and the tensor each becomes; null where the package has no such model.</summary>
    public IReadOnlyList<ModelColumn>? ColumnsOf(string model) => models.TryGetValue(model, out var opened) ? opened.Scorer.Columns : null;

    /// <summary>The texts that a model knows of a column; null where any may come.</summary>
    public FrozenSet<string>? CategoriesOf(string model, string column) => models[model].Scorer.CategoriesOf(column);

    /// <summary>A model's scores of tensors, without a decision.</summary>
    /// <param name="tensors">[columns] in the order of <see cref="ColumnsOf"/>: of a Text column its texts, of another what the adapter makes of its values;
    /// all of one length.</param>
    /// <returns>[rows × outputs] row by row.</returns>
    /// <exception cref="KumikiException">A number is infinite, a required value is missing, or a score is no number.</exception>
    public float[] Score(string model, IReadOnlyList<(float[]? Numbers, string?[]? Texts)> tensors, int rows)
    {
        var (scorer, block, _, _, _) = models[model];
        var scores = new float[rows * scorer.Width];
        lock (gate)
        {
            for (var from = 0; from < rows; from += BlockRows)
            {
                var count = Math.Min(BlockRows, rows - from);
                block.Begin(count);
                foreach (var (column, (numbers, texts)) in tensors.Index())
                {
                    if (texts is not null) block.Fill<string?>(column, texts.AsSpan(from, count));
                    else block.FillTensor(column, numbers.AsSpan(from, count));
                }
                for (var row = 0; row < count; row++)
                    if (block.MissingIn(row) is { } missing) throw Refused(from + row, missing,
                        Message.Of("inference.value-missing", ("input", missing), ("row", from + row + 1)));
                block.Run().CopyTo(scores.AsSpan(from * scorer.Width));
            }
        }
        return scores;
    }

    public void Dispose()
    {
        foreach (var model in models.Values)
        {
            model.Block.Dispose();
            model.Scorer.Dispose();
        }
    }
}

using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>The columns of predictions beside the rows of a table: <c>prediction</c>, and where a model has more outputs, <c>prediction_</c> and the output's
/// name.</summary>
static class PredictedRows
{
    /// <summary>The column with the version that predicted a row, where that is asked, or models of a family did.</summary>
    public const string By = "predicted_by";

    /// <summary>The column with an endpoint's version, where an endpoint was asked.</summary>
    public const string DecidedBy = "decided_by";

    /// <summary>The column with the only output of a model, or its first.</summary>
    public const string Prediction = "prediction";

    /// <summary>What is written beside the rows: one column for each output, of whose name letters and digits stay and what else it has becomes an underscore.</summary>
    /// <param name="mayLack">Whether a row may have no prediction, because it lacks a column that its model requires: then it is null.</param>
    /// <param name="deciding">Whose answers and version stand beside the scores; null: nobody's.</param>
    public static RowSchema Beside(ModelOutputs outputs, bool namesModel, bool mayLack, Deciding? deciding = null)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { By, DecidedBy };
        var columns = outputs.Names.Select(output =>
        {
            var plain = output == Learners.Score ? Prediction
                : $"{Prediction}_{string.Concat(output.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'))}";
            var name = plain;
            for (var number = 2; !taken.Add(name); number++) name = $"{plain}_{number}";
            return new ColumnSchema { Name = name, Property = output == Learners.Score ? "Prediction" : output, Kind = Tables.ColumnKind.Float, Nullable = mayLack };
        }).ToList();
        foreach (var answer in deciding?.Answers ?? [])
            columns.Add(new() { Name = answer, Property = answer, Kind = deciding!.IsNumber ? Tables.ColumnKind.Double : Tables.ColumnKind.String, Nullable = mayLack });
        if (namesModel) columns.Add(new() { Name = By, Property = "PredictedBy", Kind = Tables.ColumnKind.String });
        if (deciding is not null) columns.Add(new() { Name = DecidedBy, Property = "DecidedBy", Kind = Tables.ColumnKind.String });
        return new("Prediction", columns);
    }

    public static RowSchema SchemaOf(RowSchema rows, Predictors predictors) => new(rows.Record, [.. rows.Columns, .. Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack).Columns]);
}

/// <summary>What an endpoint says to scores.</summary>
/// <param name="Endpoint">Its version.</param>
/// <param name="Outputs">What the scores are.</param>
sealed record Deciding(VersionName Endpoint, DecisionRule Rule, ModelOutputs Outputs)
{
    const string Answer = "decision", Lower = "decision_lower", Upper = "decision_upper";

    public bool IsNumber => Rule is DecisionRule.AsNumber;

    /// <summary>The columns of its answers: one, or for a number with an interval three.</summary>
    public IReadOnlyList<string> Answers { get; } =
        Rule is DecisionRule.AsNumber && Outputs.Names.Contains("lower") && Outputs.Names.Contains("upper") ? [Answer, Lower, Upper] : [Answer];

    /// <summary>Sets the columns of its answers; null where a row has no score.</summary>
    public void Set(TableBlock block, Decided?[] decided)
    {
        if (!IsNumber)
        {
            block.Set(Answer, Array.ConvertAll(decided, d => d?.Answer));
            return;
        }
        var none = decided.Any(d => d is null) ? Array.ConvertAll(decided, d => d is null) : [];
        Func<Decided, double?>[] of = [d => d.Number, d => d.Lower, d => d.Upper];
        foreach (var (i, column) in Answers.Index()) block.Set<double>(column, Array.ConvertAll(decided, d => d is { } row ? of[i](row)!.Value : 0), none);
    }
}

/// <summary>Scores segments of a table and writes each as a file of its own.</summary>
/// <remarks>A segment is found by its offset, which DuckDB skips by whole row groups: the last of 20 M rows takes as long as the first.</remarks>
sealed class SegmentScoring(TableEngine engine, Predictors predictors, IReadOnlyList<string> files, int segmentRows)
{
    readonly RowSchema beside = PredictedRows.Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack);

    /// <summary>The columns of the rows that stand beside their scores, in this order.</summary>
    /// <value>Null: all.</value>
    public IReadOnlyList<string>? Carried { get; init; }

    /// <summary>Whether a segment's file is CSV without a header.</summary>
    /// <value>False: Parquet.</value>
    public bool AsText { get; init; }

    /// <summary>What decides on the scores.</summary>
    /// <value>Null: nothing; the scores stand for themselves.</value>
    public Deciding? Deciding
    {
        get;
        init => (field, beside) = (value, PredictedRows.Beside(predictors.Outputs, predictors.NamesModel, predictors.MayLack, value));
    }

    /// <summary>The names of what is written beside the rows.</summary>
    public IEnumerable<string> Beside => beside.Columns.Select(c => c.Name);

    /// <summary>Scores one segment: its rows are read once as the models' columns and scored in blocks on all processors.</summary>
    public Predicted Score(int segment, CancellationToken stop) => predictors.Score(engine, files, From(segment), segmentRows, stop);

    /// <summary>The answers to a segment's scores.</summary>
    /// <returns>[rows] null where a row has no score; null where nothing decides.</returns>
    public Decided?[]? Decide(Predicted predicted)
    {
        if (Deciding is not { } deciding) return null;
        var width = predictors.Outputs.Names.Count;
        var answers = new Decided?[predicted.Scores.Length / width];
        for (var row = 0; row < answers.Length; row++)
        {
            var scores = predicted.Scores.AsSpan(row * width, width);
            if (!float.IsNaN(scores[0])) answers[row] = deciding.Rule.Decide(scores, deciding.Outputs);
        }
        return answers;
    }

    /// <summary>Writes a segment's scores beside its rows as they are, on one thread; the next segment may be scored meanwhile.</summary>
    public void Write(int segment, Predicted predicted, string path, CancellationToken stop, Decided?[]? decisions = null)
    {
        using var writer = new TableWriter(engine, beside, stop);
        var block = new TableBlock(beside);
        var width = predictors.Outputs.Names.Count;
        for (var column = 0; column < width; column++)
        {
            var one = width == 1 ? predicted.Scores : new float[predicted.Scores.Length / width];
            for (var row = 0; width > 1 && row < one.Length; row++) one[row] = predicted.Scores[row * width + column];
            block.Set<float>(beside.Columns[column].Name, one, predictors.MayLack ? Array.ConvertAll(one, float.IsNaN) : []);
        }
        if (decisions is not null) Deciding!.Set(block, decisions);
        if (predicted.By is { } by) block.Set(PredictedRows.By, by);
        if (Deciding is not null) block.Set(PredictedRows.DecidedBy, Enumerable.Repeat<string?>(Deciding.Endpoint.ToString(), block.Rows).ToArray());
        writer.Append(block);
        writer.CompleteBeside(files, From(segment), path, Carried, AsText);
    }

    long From(int segment) => (long)segment * segmentRows;
}

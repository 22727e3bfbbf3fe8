using System.Linq.Expressions;
using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Answers that are computed before anybody asks: rows of a dataset or of a batch prediction, found by their keys.</summary>
/// <remarks>The rows are those of the version in production, held in memory; a release swaps them together with the model and everything else that the
/// endpoint answers by.</remarks>
public sealed record Precomputed
{
    readonly IReadOnlyList<string> keys;
    readonly string answer;

    Precomputed(Asset rows, string answer, IReadOnlyList<string> keys)
    {
        if (keys.Count == 0) throw new ArgumentException("A row is found by at least one key.", nameof(keys));
        (Rows, this.answer, this.keys) = (rows, answer, keys);
    }

    /// <summary>The dataset or predictions whose rows they are; the endpoint asks for it in its constructor.</summary>
    public Asset Rows { get; }

    /// <summary>How long after they were made rows are fresh.</summary>
    /// <value>Null: for ever.</value>
    public TimeSpan? StaleAfter { get; init; }

    /// <summary>Whether rows that are not fresh are no answer: then the model is asked, or the caller told so.</summary>
    /// <value>False: the answer says that it is stale.</value>
    public bool RefusesStale { get; init; }

    /// <summary>The columns of an interval around a number.</summary>
    /// <value>Null: there is none; of a batch prediction, <c>prediction_lower</c> and <c>prediction_upper</c> where it has them.</value>
    public (string Lower, string Upper)? Interval { get; init; }

    /// <summary>Answers that are a column of a dataset.</summary>
    /// <param name="answer">The column of the answers: numbers, texts or names of an enum.</param>
    /// <param name="keys">The columns that a caller names: texts, whole numbers, dates or truths; no two rows are alike in all of them.</param>
    public static Precomputed Of<TRow, TAnswer>(
        Dataset<TRow> rows, Expression<Func<TRow, TAnswer>> answer, params IReadOnlyList<Expression<Func<TRow, object?>>> keys) =>
        new(rows, RowSchema.Of<TRow>().ColumnOf(answer).Name, Names(keys));

    /// <summary>Answers that are a model's predictions as they are.</summary>
    /// <inheritdoc cref="Of{TRow, TAnswer}"/>
    public static Precomputed Of<TRow>(BatchPrediction<TRow> rows, params IReadOnlyList<Expression<Func<TRow, object?>>> keys) =>
        new(rows, PredictedRows.Prediction, Names(keys)) { Interval = ($"{PredictedRows.Prediction}_lower", $"{PredictedRows.Prediction}_upper") };

    /// <summary>The same with an interval of two columns of the dataset.</summary>
    public Precomputed Between<TRow>(Expression<Func<TRow, double>> lower, Expression<Func<TRow, double>> upper) =>
        this with { Interval = (RowSchema.Of<TRow>().ColumnOf(lower).Name, RowSchema.Of<TRow>().ColumnOf(upper).Name) };

    static List<string> Names<TRow>(IReadOnlyList<Expression<Func<TRow, object?>>> keys) => [.. keys.Select(k => RowSchema.Of<TRow>().ColumnOf(k).Name)];

    internal PlannedPrecomputed Plan => new(Rows.Name, keys, answer, Interval?.Lower, Interval?.Upper, StaleAfter?.TotalSeconds, RefusesStale);
}

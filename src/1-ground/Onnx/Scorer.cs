using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.ExceptionServices;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>How rows are scored.</summary>
public sealed record ScorerOptions
{
    /// <summary>Blocks scored at once, each on one thread.</summary>
    /// <value>The processors of the machine.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Rows a block has at most; of very many features fewer, so that a block of them stays at 16 MB.</summary>
    /// <value>4096.</value>
    public int BlockRows { get; init; } = 4096;

    /// <inheritdoc cref="OnnxSessionOptions.Arena"/>
    public bool Arena { get; init; } = true;
}

/// <summary>A model of ours, opened: table columns in, one row of floats out for each row. A row's score has the same bits alone and in any batch.</summary>
/// <remarks>May be used from many threads. Opened on a graph without a learner it gives the features, so training sees what serving will.</remarks>
public sealed class Scorer : IDisposable
{
    readonly OnnxSession session;
    readonly ScorerOptions options;
    readonly IReadOnlyDictionary<string, FrozenSet<string>> categories;
    readonly ConcurrentBag<ScoringBlock> idle = [];

    Scorer(
        OnnxSession session, ScorerOptions options, IReadOnlyList<ModelColumn> columns, IReadOnlyList<string> features,
        IReadOnlyList<IReadOnlyList<string>> sources,
        IReadOnlyDictionary<string, FrozenSet<string>> categories, IReadOnlyList<string> required)
    {
        (this.session, this.options, this.categories) = (session, options, categories);
        (Columns, Features, Sources, Required) = (columns, features, sources, required);
        Width = (int)session.Outputs[0].Shape[1];
    }

    /// <summary>The columns the model reads.</summary>
    public IReadOnlyList<ModelColumn> Columns { get; }

    /// <summary>Columns without which a row gets no score: where one is missing, the score is NaN. Training left such rows out.</summary>
    public IReadOnlyList<string> Required { get; }

    /// <summary>The names of the features between transforms and learner.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>[features] the columns each feature comes from: one of a column's own, several of a cross. Empty of each in a model that was made before this
    /// was written down.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Sources { get; }

    /// <summary>Floats a row: the outputs of a model (<see cref="ModelOutputs"/>), the number of features for a graph without a learner.</summary>
    public int Width { get; }

    /// <summary>The texts of a column that the model knows; null where any may come.</summary>
    public IReadOnlySet<string>? KnownTexts(string column) => Columns.FirstOrDefault(c => c.Name == column) is { } found ? categories.GetValueOrDefault(found.Tensor) : null;

    int BlockRows => Math.Min(options.BlockRows, Math.Max(16, 4_000_000 / Math.Max(1, Features.Count)));

    /// <summary>Opens a model's file.</summary>
    /// <exception cref="KumikiException">The bytes are no model, it was not made by Kumiki, or its adapter is not this program's.</exception>
    public static Scorer Open(ReadOnlyMemory<byte> model, ScorerOptions? options = null)
    {
        var session = OnnxSession.Open(model.Span, new() { Arena = options?.Arena ?? true });
        try
        {
            var adapter = session.Metadata(ModelFacts.AdapterKey) ?? throw new KumikiException(Message.Of("onnx.not-ours", ("key", ModelFacts.AdapterKey)));
            if (adapter != Adapter.Name) throw new KumikiException(Message.Of("onnx.adapter-other", ("found", adapter), ("known", Adapter.Name)));
            Adapter.Check(ModelFacts.Golden(Fact(session, ModelFacts.GoldenKey)));
            var columns = ModelFacts.Columns(Fact(session, ModelFacts.ColumnsKey)).ToDictionary(c => c.Tensor, StringComparer.Ordinal);
            var inOrder = session.Inputs.Select(i => columns.GetValueOrDefault(i.Name) ?? throw NotOurs(i)).ToArray();
            if (session.Outputs is not [{ Type: TensorType.Float, Shape: [_, > 0] }]) throw NotOurs(session.Outputs[0]);
            var features = ModelFacts.Features(Fact(session, ModelFacts.FeaturesKey));
            var sources = session.Metadata(ModelFacts.SourcesKey) is { } said ? ModelFacts.Sources(said) : [.. features.Select(_ => Array.Empty<string>())];
            var required = session.Metadata(ModelFacts.RequiredKey) is { } names ? ModelFacts.Features(names) : [];
            return new(session, options ?? new(), inOrder, features, sources, OnnxModel.ReadCategories(model), required);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    static string Fact(OnnxSession session, string key) => session.Metadata(key) ?? throw new KumikiException(Message.Of("onnx.not-ours", ("key", key)));

    static KumikiException NotOurs(TensorInfo tensor) => new(Message.Of("onnx.not-ours", ("key", tensor)));

    /// <summary>An entry of the model's metadata, or null.</summary>
    public string? Metadata(string key) => session.Metadata(key);

    /// <summary>A place to score rows in, for a caller that brings its rows by spans; the caller disposes it before this scorer.</summary>
    /// <param name="capacity">The most rows at once.</param>
    public ScoringBlock NewBlock(int capacity) => new(session, Columns, Width, capacity, mayBeNaN: session.Outputs[0].Name != Learners.Score, Required);

    /// <summary>The texts that a Text column of the model knows; null of any other, and of one that is only hashed.</summary>
    public FrozenSet<string>? CategoriesOf(string column) =>
        Columns.FirstOrDefault(c => c.Name == column) is { Kind: ColumnKind.Text } text ? categories.GetValueOrDefault(text.Tensor) : null;

    /// <summary>Scores every row.</summary>
    /// <param name="rows">Columns of one length; those the model does not read may be among them.</param>
    /// <returns>[rows × <see cref="Width"/>] row by row.</returns>
    /// <inheritdoc cref="Score(IReadOnlyList{Column}, Memory{float}, CancellationToken)"/>
    public float[] Score(IReadOnlyList<Column> rows, CancellationToken cancel = default)
    {
        var scores = new float[(rows.Count == 0 ? 0 : rows[0].Count) * Width];
        Score(rows, scores, cancel);
        return scores;
    }

    /// <summary>Scores every row into memory of the caller.</summary>
    /// <param name="rows">Columns of one length; those the model does not read may be among them.</param>
    /// <param name="scores">[rows × <see cref="Width"/>] row by row.</param>
    /// <exception cref="KumikiException">A column is missing or of the wrong type, a number is infinite, or a score is not finite; the sentence names the
    /// column.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two blocks.</exception>
    public void Score(IReadOnlyList<Column> rows, Memory<float> scores, CancellationToken cancel = default)
    {
        var columns = Match(rows);
        var count = columns.Length == 0 ? 0 : columns[0].Count;
        if (scores.Length != count * Width) throw new ArgumentException($"{count} rows give {count * Width} floats, not {scores.Length}.", nameof(scores));
        var blocks = (count + BlockRows - 1) / BlockRows;
        var failures = new ConcurrentDictionary<int, ExceptionDispatchInfo>();
        var next = 0;
        void Work()
        {
            var block = idle.TryTake(out var taken) ? taken : NewBlock(BlockRows);
            for (int b; failures.IsEmpty && (b = Interlocked.Increment(ref next) - 1) < blocks;)
            {
                try
                {
                    cancel.ThrowIfCancellationRequested();
                    var from = b * BlockRows;
                    var rowsHere = Math.Min(BlockRows, count - from);
                    block.Begin(rowsHere);
                    for (var c = 0; c < columns.Length; c++) columns[c].Fill(block, c, from, rowsHere);
                    block.Run().CopyTo(scores.Span.Slice(from * Width, rowsHere * Width));
                }
                catch (Exception e)
                {
                    failures[b] = ExceptionDispatchInfo.Capture(e);
                }
            }
            idle.Add(block);
        }

        var threads = Math.Min(options.Threads, blocks);
        if (threads <= 1) Work();
        else Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work());
        // The first block's failure, so that the same rows always give the same sentence.
        if (!failures.IsEmpty) failures.MinBy(f => f.Key).Value.Throw();
    }

    Column[] Match(IReadOnlyList<Column> rows)
    {
        var byName = new Dictionary<string, Column>(rows.Count, StringComparer.Ordinal);
        foreach (var column in rows)
            if (!byName.TryAdd(column.Name, column)) throw ColumnTwice(column.Name);
        var matched = new Column[Columns.Count];
        for (var i = 0; i < matched.Length; i++)
        {
            var wanted = Columns[i];
            matched[i] = byName.GetValueOrDefault(wanted.Name) ?? throw MissingColumn(wanted.Name, [.. rows.Select(r => r.Name)]);
            if (!matched[i].Takes(wanted.Kind)) throw WrongType(wanted.Name, wanted.Kind, matched[i].TypeName);
            if (matched[i].Count != matched[0].Count)
                throw new ArgumentException($"{wanted.Name} has {matched[i].Count} rows, {Columns[0].Name} {matched[0].Count}.", nameof(rows));
        }
        return matched;
    }

    internal static KumikiException ColumnTwice(string column) => new(Message.Of("onnx.column-twice", ("column", column)));

    internal static KumikiException MissingColumn(string column, IReadOnlyList<string> given) =>
        new(Message.Of("onnx.column-missing", ("column", column), ("given", given.Count == 0 ? "-" : string.Join(", ", given))));

    internal static KumikiException WrongType(string column, ColumnKind kind, string type) =>
        new(Message.Of("onnx.column-type", ("column", column), ("kind", kind), ("type", type)));

    /// <summary>How many rows have a text that is none of the categories the model knows; a missing text is not counted.</summary>
    /// <returns>One number for each Text column that has categories: one that is only hashed has none.</returns>
    public IReadOnlyDictionary<string, long> CountUnknown(IReadOnlyList<Column> rows)
    {
        var columns = Match(rows);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (i, (name, kind, tensor)) in Columns.Index())
            if (kind == ColumnKind.Text && categories.TryGetValue(tensor, out var known)) counts[name] = columns[i].CountUnknown(known);
        return counts;
    }

    /// <summary>The first row, by the order of <see cref="Columns"/> and then of rows, with a text that is none of the categories the model knows.</summary>
    /// <returns>The row counts from 0; null where the model knows all.</returns>
    public (string Column, int Row, string Text)? FirstUnknown(IReadOnlyList<Column> rows)
    {
        var columns = Match(rows);
        foreach (var (i, (name, kind, tensor)) in Columns.Index())
            if (kind == ColumnKind.Text && categories.TryGetValue(tensor, out var known) && columns[i].FirstUnknown(known) is { } found)
                return (name, found.Row, found.Text);
        return null;
    }

    /// <summary>How many rows get no score, by the required column that is the reason: the first one that the row lacks.</summary>
    /// <returns>One number for each of <see cref="Required"/>.</returns>
    public IReadOnlyDictionary<string, long> CountUnscored(IReadOnlyList<Column> rows)
    {
        var counts = Required.ToDictionary(r => r, _ => 0L, StringComparer.Ordinal);
        if (counts.Count == 0) return counts;
        var columns = Match(rows);
        using var block = NewBlock(BlockRows);
        for (var from = 0; from < columns[0].Count; from += BlockRows)
        {
            block.Begin(Math.Min(BlockRows, columns[0].Count - from));
            for (var c = 0; c < columns.Length; c++)
                if (counts.ContainsKey(Columns[c].Name)) columns[c].Fill(block, c, from, block.Rows);
            for (var row = 0; row < block.Rows; row++)
                if (block.MissingIn(row) is { } column) counts[column]++;
        }
        return counts;
    }

    public void Dispose()
    {
        foreach (var block in idle) block.Dispose();
        session.Dispose();
    }
}

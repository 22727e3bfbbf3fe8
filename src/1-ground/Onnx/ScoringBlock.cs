using System.Globalization;
using System.Numerics;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>One thread's place to score rows in: fill every column, run, read the answers. Used again and again it makes no garbage.</summary>
/// <example><code>
/// block.Begin(rows: 1);
/// block.Fill(0, [3.5]);
/// block.Fill(1, ["North"]);
/// var score = block.Run()[0];
/// </code></example>
public sealed class ScoringBlock : IDisposable
{
    readonly OnnxSession session;
    readonly IReadOnlyList<ModelColumn> columns;
    readonly bool mayBeNaN;
    readonly OnnxTensor?[] numbers;     // whole blocks; texts have none
    readonly OnnxTensor whole;          // the whole output
    readonly OnnxTensor[] inputs;       // of this number of rows
    readonly OnnxTensor[] output = [null!];
    readonly int[] filled;               // rows of each column
    readonly IReadOnlyList<string> required;
    readonly int[] ranks;                // of each column among the required ones, from 1; 0: it is not required
    readonly int[] lacks;                // of each row the rank of the first required column that is missing; 0: none is
    long firstRow;

    internal ScoringBlock(OnnxSession session, IReadOnlyList<ModelColumn> columns, int width, int capacity, bool mayBeNaN, IReadOnlyList<string> required)
    {
        (this.session, this.columns, this.mayBeNaN, Capacity) = (session, columns, mayBeNaN, capacity);
        (this.required, ranks, lacks) = (required, [.. columns.Select(c => 1 + required.ToList().IndexOf(c.Name))], new int[required.Count == 0 ? 0 : capacity]);
        numbers = [.. columns.Select(c => c.Kind == ColumnKind.Text ? null : OnnxTensor.Of(TensorType.Float, capacity, 1))];
        whole = OnnxTensor.Of(TensorType.Float, capacity, width);
        (inputs, filled) = (new OnnxTensor[columns.Count], new int[columns.Count]);
    }

    /// <summary>The most rows it can hold.</summary>
    public int Capacity { get; }

    /// <summary>The rows now being filled.</summary>
    public int Rows { get; private set; }

    /// <summary>Starts with new rows: every column must be filled again.</summary>
    /// <param name="rows">1 to <see cref="Capacity"/>.</param>
    public void Begin(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Capacity);
        Array.Clear(filled);
        Array.Clear(lacks);
        if (rows == Rows) return;
        ForgetShapes();
        for (var i = 0; i < inputs.Length; i++) inputs[i] = numbers[i] is { } number ? number.First(rows) : OnnxTensor.Of(TensorType.Text, rows, 1);
        output[0] = whole.First(rows);
        Rows = rows;
    }

    /// <summary>Fills one column.</summary>
    /// <param name="column">Its place in <see cref="Scorer.Columns"/>.</param>
    /// <param name="values">[Rows] of a type that fits the column's kind, see <see cref="Adapter"/>.</param>
    /// <param name="valid">One bit a row, 1 where there is a value; empty when all have one.</param>
    /// <exception cref="KumikiException">The type does not fit, or a number is infinite; the sentence names the column and the row.</exception>
    public void Fill<T>(int column, ReadOnlySpan<T> values, ReadOnlySpan<ulong> valid = default) => Fill(column, values, valid, 0, 0);

    internal void Fill<T>(int column, ReadOnlySpan<T> values, ReadOnlySpan<ulong> valid, int validFrom, long first)
    {
        var (name, kind, _) = columns[column];
        if (values.Length != Rows) throw new ArgumentException($"{values.Length} values of {name} for {Rows} rows.", nameof(values));
        if (!Adapter.Takes<T>(kind)) throw Scorer.WrongType(name, kind, ColumnOf<T>.TypeNameOf(typeof(T)));
        firstRow = first;
        if (kind == ColumnKind.Text)
        {
            Adapter.WriteTexts(values, valid, validFrom, inputs[column]);
            if (ranks[column] is > 0 and var rank)
                for (var row = 0; row < values.Length; row++)
                    if (!Adapter.IsValid(valid, validFrom + row) || Adapter.IsMissingText(values[row])) Lack(row, rank);
        }
        else
        {
            var into = inputs[column].Values<float>();
            Adapter.Write(kind, values, valid, validFrom, into);
            var infinite = FirstNotFinite(into, orNaN: false);
            if (infinite >= 0) throw Infinite(name, values[infinite], first + infinite);
            LackNaN(column, into);
        }
        filled[column] = Rows;
    }

    /// <summary>Fills a Number, Date or Flag column with what the adapter made of its values already.</summary>
    /// <param name="tensor">[Rows]; NaN where a value is missing.</param>
    /// <exception cref="KumikiException">It is a Text column, or a number is infinite.</exception>
    public void FillTensor(int column, ReadOnlySpan<float> tensor)
    {
        var (name, kind, _) = columns[column];
        if (kind == ColumnKind.Text) throw Scorer.WrongType(name, kind, nameof(Single));
        if (FirstNotFinite(tensor, orNaN: false) is >= 0 and var infinite) throw Infinite(name, tensor[infinite], infinite);
        var into = inputs[column].Values<float>();
        tensor.CopyTo(into);
        LackNaN(column, into);
        (filled[column], firstRow) = (Rows, 0);
    }

    void LackNaN(int column, ReadOnlySpan<float> tensor)
    {
        if (ranks[column] is not (> 0 and var rank)) return;
        for (var row = 0; row < tensor.Length; row++)
            if (float.IsNaN(tensor[row])) Lack(row, rank);
    }

    void Lack(int row, int rank) => lacks[row] = lacks[row] == 0 ? rank : Math.Min(lacks[row], rank);

    /// <summary>Why a row gets no score.</summary>
    /// <returns>The first of <see cref="Scorer.Required"/> that was not filled in, or null: then it has a score.</returns>
    public string? MissingIn(int row) => lacks.Length == 0 || lacks[row] == 0 ? null : required[lacks[row] - 1];

    static KumikiException Infinite<T>(string column, T value, long row) => new(Message.Of(
        "onnx.infinite", ("column", column), ("row", row + 1), ("value", Convert.ToString(value, CultureInfo.InvariantCulture))));

    /// <summary>Sets the next text of a Text column from UTF-8; a column is filled by <see cref="Rows"/> of these, or by one
    /// <see cref="Fill{T}(int, ReadOnlySpan{T}, ReadOnlySpan{ulong})"/>.</summary>
    public void FillNextText(int column, ReadOnlySpan<byte> utf8)
    {
        if (columns[column].Kind != ColumnKind.Text) throw Scorer.WrongType(columns[column].Name, columns[column].Kind, "UTF-8");
        if (utf8.IsEmpty && ranks[column] is > 0 and var rank) Lack(filled[column], rank);
        inputs[column].SetText(filled[column]++, utf8);
    }

    /// <summary>Runs the graph.</summary>
    /// <returns>[Rows × width] row by row, until the next call on this block; NaN where a row misses one of <see cref="Scorer.Required"/>.</returns>
    /// <exception cref="KumikiException">A column was not filled, or a score is not finite.</exception>
    public ReadOnlySpan<float> Run()
    {
        var empty = filled.AsSpan().IndexOfAnyExcept(Rows);
        if (empty >= 0) throw Scorer.MissingColumn(columns[empty].Name, [.. columns.Where((_, i) => filled[i] == Rows).Select(c => c.Name)]);
        session.Run(inputs, output);
        var scores = output[0].Values<float>();
        if (mayBeNaN) return scores;
        if (lacks.Length == 0) return Checked(scores, 0);
        var width = scores.Length / Rows;
        // Runs of rows that have every required column are checked; the others are NaN.
        for (var row = 0; row < Rows;)
        {
            var end = lacks.AsSpan(row, Rows - row).IndexOfAnyExcept(0) is var next and >= 0 ? row + next : Rows;
            Checked(scores[(row * width)..(end * width)], row);
            for (; end < Rows && lacks[end] > 0; end++) scores.Slice(end * width, width).Fill(float.NaN);
            row = end;
        }
        return scores;
    }

    ReadOnlySpan<float> Checked(ReadOnlySpan<float> scores, int first)
    {
        var wrong = FirstNotFinite(scores, orNaN: true);
        return wrong < 0 ? scores : throw NotANumber(first + (wrong / (int)whole.Shape[1]));
    }

    KumikiException NotANumber(int row)
    {
        var missing = columns.Where((_, i) => numbers[i] is not null && float.IsNaN(inputs[i].Values<float>()[row])).Select(c => c.Name);
        return new(Message.Of("onnx.score-nan", ("row", firstRow + row + 1), ("columns", string.Join(", ", missing.DefaultIfEmpty("-")))));
    }

    /// <summary>The place of the first infinite number, or of the first that is no number; −1 without one.</summary>
    static int FirstNotFinite(ReadOnlySpan<float> numbers, bool orNaN)
    {
        // A finite number has an exponent below 0xFF; with the sign shifted out, infinity is 0xFF000000 and NaN is above.
        var infinity = new Vector<uint>(0xFF000000);
        var at = 0;
        for (; at <= numbers.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var bits = Vector.ShiftLeft(Vector.AsVectorUInt32(new Vector<float>(numbers[at..])), 1);
            if (orNaN ? Vector.GreaterThanOrEqualAny(bits, infinity) : Vector.EqualsAny(bits, infinity)) break;
        }
        for (; at < numbers.Length; at++)
            if (float.IsInfinity(numbers[at]) || (orNaN && float.IsNaN(numbers[at]))) return at;
        return -1;
    }

    /// <summary>The filled tensors; whoever takes them disposes them.</summary>
    internal OnnxTensor[] TakeInputs()
    {
        var taken = inputs.ToArray();
        output[0].Dispose();
        Rows = 0;
        return taken;
    }

    void ForgetShapes()
    {
        if (Rows == 0) return;
        foreach (var input in inputs) input.Dispose();
        output[0].Dispose();
    }

    public void Dispose()
    {
        ForgetShapes();
        Rows = 0;
        whole.Dispose();
        foreach (var number in numbers) number?.Dispose();
    }
}

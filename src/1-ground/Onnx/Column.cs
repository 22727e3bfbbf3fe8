using System.Collections.Frozen;
using System.Globalization;

namespace Kumiki.Onnx;

/// <summary>A column of rows to score: its name in the table and its values, which are not copied.</summary>
public abstract class Column
{
    private protected Column(string name, int count) => (Name, Count) = (name, count);

    public string Name { get; }

    /// <summary>How many rows.</summary>
    public int Count { get; }

    /// <summary>A column of values; for a kind of model column it must be of one of the types <see cref="Adapter"/> lists, nullable or not.</summary>
    /// <param name="valid">One bit a row from the lowest of the first word on, 1 where there is a value, as Arrow and DuckDB keep it; empty when the values
    /// themselves say what is missing.</param>
    public static Column Of<T>(string name, ReadOnlyMemory<T> values, ReadOnlyMemory<ulong> valid = default) => new ColumnOf<T>(name, values, valid, 0);

    /// <inheritdoc cref="Of{T}(string, ReadOnlyMemory{T}, ReadOnlyMemory{ulong})"/>
    public static Column Of<T>(string name, params T[] values) => new ColumnOf<T>(name, values, default, 0);

    /// <summary>A column of texts kept as places in a list of the distinct ones; neither is copied.</summary>
    /// <param name="codes">[rows] places in <paramref name="texts"/>; −1 where there is none.</param>
    /// <param name="texts">Each text once.</param>
    public static Column Of(string name, ReadOnlyMemory<int> codes, IReadOnlyList<string> texts) =>
        new CodedColumn(name, codes, texts, CodedColumn.Utf8Of(texts));

    /// <summary>Some of the rows, over the same values.</summary>
    public abstract Column Slice(int from, int count);

    internal abstract bool Takes(ColumnKind kind);
    internal abstract string TypeName { get; }
    internal abstract void Fill(ScoringBlock block, int column, int from, int count);

    /// <summary>Rows whose text is there and not among the known ones.</summary>
    internal abstract long CountUnknown(FrozenSet<string> known);

    /// <summary>The first of these rows and its text; null without one.</summary>
    internal abstract (int Row, string Text)? FirstUnknown(FrozenSet<string> known);
}

internal sealed class ColumnOf<T>(string name, ReadOnlyMemory<T> values, ReadOnlyMemory<ulong> valid, int validFrom) : Column(name, values.Length)
{
    public override Column Slice(int from, int count) => new ColumnOf<T>(Name, values.Slice(from, count), valid, validFrom + from);

    internal override bool Takes(ColumnKind kind) => Adapter.Takes<T>(kind);

    internal override string TypeName => TypeNameOf(typeof(T));

    internal static string TypeNameOf(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? $"{inner.Name}?" : type.Name;

    internal override void Fill(ScoringBlock block, int column, int from, int count) =>
        block.Fill(column, values.Span.Slice(from, count), valid.Span, validFrom + from, from);

    internal override long CountUnknown(FrozenSet<string> known)
    {
        var unknown = 0L;
        var all = values.Span;
        var bits = valid.Span;
        for (var row = 0; row < all.Length; row++)
            if (Adapter.TextOf(all[row]) is { Length: > 0 } text && !known.Contains(text) && Adapter.IsValid(bits, validFrom + row)) unknown++;
        return unknown;
    }

    internal override (int Row, string Text)? FirstUnknown(FrozenSet<string> known)
    {
        var all = values.Span;
        var bits = valid.Span;
        for (var row = 0; row < all.Length; row++)
            if (Adapter.TextOf(all[row]) is { Length: > 0 } text && !known.Contains(text) && Adapter.IsValid(bits, validFrom + row)) return (row, text);
        return null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {TypeName}[{Count}]");
}

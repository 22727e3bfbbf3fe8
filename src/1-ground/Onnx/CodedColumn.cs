using System.Collections.Frozen;
using System.Text;

namespace Kumiki.Onnx;

/// <summary>Texts as numbers into a list of the distinct ones: four bytes a row.</summary>
/// <param name="codes">[rows] places in <paramref name="texts"/>; −1 where there is none.</param>
sealed class CodedColumn(string name, ReadOnlyMemory<int> codes, IReadOnlyList<string> texts, byte[][] utf8) : Column(name, codes.Length)
{
    internal override string TypeName => nameof(String);

    public override Column Slice(int from, int count) => new CodedColumn(Name, codes.Slice(from, count), texts, utf8);

    internal override bool Takes(ColumnKind kind) => kind == ColumnKind.Text;

    internal override void Fill(ScoringBlock block, int column, int from, int count)
    {
        foreach (var code in codes.Span.Slice(from, count)) block.FillNextText(column, code < 0 ? [] : utf8[code]);
    }

    internal override long CountUnknown(FrozenSet<string> known)
    {
        var isUnknown = new bool[texts.Count];
        for (var code = 0; code < isUnknown.Length; code++) isUnknown[code] = texts[code].Length > 0 && !known.Contains(texts[code]);
        var unknown = 0L;
        foreach (var code in codes.Span)
            if (code >= 0 && isUnknown[code]) unknown++;
        return unknown;
    }

    internal override (int Row, string Text)? FirstUnknown(FrozenSet<string> known)
    {
        var all = codes.Span;
        for (var row = 0; row < all.Length; row++)
            if (all[row] >= 0 && texts[all[row]] is { Length: > 0 } text && !known.Contains(text)) return (row, text);
        return null;
    }

    internal static byte[][] Utf8Of(IReadOnlyList<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}

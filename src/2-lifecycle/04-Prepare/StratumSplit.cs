using Kumiki.Tables;

namespace Kumiki.Preparing;

/// <summary>Each part has its share of each stratum; without a column all rows are one.</summary>
sealed class StratumSplit(Asset data, ColumnSchema? column, Shares shares) : Split(data, column)
{
    internal override string Cut => $"stratum {Column?.Name} {shares}";

    internal override SplitRows Of(ReadOnlySpan<int> keys, Random random)
    {
        var needed = shares.Validation > 0 ? 3 : 2;
        if (keys.Length < needed) throw new KumikiException(Message.Of("split.too-few-rows", ("rows", keys.Length), ("needed", needed)));
        double[] wanted = [shares.Test, shares.Validation, 1 - shares.Validation - shares.Test];
        var part = Deal(keys, wanted, random);
        int[] Rows(int which) => [.. Enumerable.Range(0, part.Length).Where(r => part[r] == which)];
        var (test, validation, train) = (Rows(0), Rows(1), Rows(2));
        return new(train, validation, test, new Dictionary<string, string>
        {
            ["split.by"] = Column is null ? "random rows" : $"strata of {Column.Name}",
            ["split.train"] = Count(train.Length),
            ["split.validation"] = validation.Length == 0 ? "none" : Count(validation.Length),
            ["split.test"] = Count(test.Length),
        });
    }

    internal override IReadOnlyList<Fold> Folds(int[] rows, ReadOnlySpan<int> keys, int folds, Random random)
    {
        if (rows.Length < folds) throw new KumikiException(Message.Of("split.too-few-rows", ("rows", rows.Length), ("needed", folds)));
        var part = Deal(Gather(rows, keys), [.. Enumerable.Repeat(1.0 / folds, folds)], random);
        return [.. Enumerable.Range(0, folds).Select(fold => new Fold([.. rows.Where((_, i) => part[i] != fold)], [.. rows.Where((_, i) => part[i] == fold)]))];
    }

    /// <summary>Deals the rows of each stratum, in a drawn order, to parts by their shares.</summary>
    /// <returns>[n] the part of each row.</returns>
    /// <remarks>One stratum after another is laid in a row, and the k-th row of all goes to the part whose share is furthest behind after k rows: so the parts of all rows are right to a row, and those of each stratum to a row or two.
    /// A stratum of fewer rows than parts goes where the count stands.</remarks>
    static int[] Deal(ReadOnlySpan<int> keys, double[] wanted, Random random)
    {
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        random.Shuffle(order);
        var strata = new int[order.Length];
        for (var i = 0; i < order.Length; i++) strata[i] = keys[order[i]];
        int[] place = [.. Enumerable.Range(0, order.Length)];
        Array.Sort([.. strata.Zip(place, (s, p) => ((long)s << 32) | (uint)p)], place);      // by stratum, then in the drawn order
        var part = new int[keys.Length];
        var dealt = new int[wanted.Length];
        for (var k = 0; k < place.Length; k++)
        {
            var best = -1;
            for (var p = 0; p < wanted.Length; p++)
                if (wanted[p] > 0 && (best < 0 || wanted[p] * (k + 1) - dealt[p] > wanted[best] * (k + 1) - dealt[best] + 1e-9)) best = p;
            part[order[place[k]]] = best;
            dealt[best]++;
        }
        return part;
    }
}

using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Preparing;

/// <summary>Whole groups in each part.</summary>
sealed class GroupSplit(Asset data, ColumnSchema column, Shares shares) : Split(data, column)
{
    internal override string Cut => $"group {Column!.Name} {shares}";

    /// <remarks>Groups are taken in a drawn order; each goes to the part that is furthest below its share, so that the shares are reached to about half the largest group.</remarks>
    internal override SplitRows Of(ReadOnlySpan<int> keys, Random random)
    {
        double[] wanted = [1 - shares.Validation - shares.Test, shares.Validation, shares.Test];
        var groups = Sizes(keys);
        if (groups.Count < wanted.Count(w => w > 0)) throw new KumikiException(Message.Of("split.too-few-groups", ("column", Column!.Name), ("groups", groups.Count), ("needed", wanted.Count(w => w > 0))));
        var (part, filled) = Fill(groups, wanted, keys.Length, random);
        var rows = new List<int>[] { [], [], [] };
        for (var row = 0; row < keys.Length; row++) rows[part[keys[row]]].Add(row);
        string Says(int which) => rows[which].Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{filled[which]} of {groups.Count} groups, {Count(rows[which].Count)}");
        return new([.. rows[0]], [.. rows[1]], [.. rows[2]], new Dictionary<string, string>
        {
            ["split.by"] = $"groups of {Column!.Name}",
            ["split.train"] = Says(0),
            ["split.validation"] = Says(1),
            ["split.test"] = Says(2),
        });
    }

    internal override IReadOnlyList<Fold> Folds(int[] rows, ReadOnlySpan<int> keys, int folds, Random random)
    {
        var own = Gather(rows, keys);
        var groups = Sizes(own);
        if (groups.Count < folds) throw new KumikiException(Message.Of("split.too-few-folds", ("column", Column!.Name), ("count", groups.Count), ("folds", folds)));
        var (part, _) = Fill(groups, [.. Enumerable.Repeat(1.0 / folds, folds)], own.Length, random);
        return [.. Enumerable.Range(0, folds).Select(fold => new Fold([.. rows.Where((_, i) => part[own[i]] != fold)], [.. rows.Where((_, i) => part[own[i]] == fold)]))];
    }

    static Dictionary<int, int> Sizes(ReadOnlySpan<int> keys)
    {
        var sizes = new Dictionary<int, int>();
        foreach (var key in keys) sizes[key] = sizes.GetValueOrDefault(key) + 1;
        return sizes;
    }

    /// <returns>The part of each group, and how many groups each part has; every wanted part has one at least.</returns>
    static (Dictionary<int, int> Part, int[] Groups) Fill(Dictionary<int, int> groups, double[] wanted, int rows, Random random)
    {
        int[] order = [.. groups.Keys.Order()];
        random.Shuffle(order);
        Array.Sort([.. order.Select(g => -groups[g])], order);      // large ones first, or the last would overfill a part; the draw decides among equals
        var (filled, counts, part) = (new double[wanted.Length], new int[wanted.Length], new Dictionary<int, int>());
        for (var at = 0; at < order.Length; at++)
        {
            var left = order.Length - at;
            var empty = Enumerable.Range(0, wanted.Length).Where(p => wanted[p] > 0 && counts[p] == 0).ToList();
            var open = empty.Count >= left ? empty : [.. Enumerable.Range(0, wanted.Length).Where(p => wanted[p] > 0)];
            var best = open.MaxBy(p => wanted[p] * rows - filled[p]);
            part[order[at]] = best;
            filled[best] += groups[order[at]];
            counts[best]++;
        }
        return (part, counts);
    }
}

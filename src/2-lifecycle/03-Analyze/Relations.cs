namespace Kumiki.Analyzing;

/// <summary>Each pair of some columns: numbers by Pearson and Spearman, categories by Cramér's V, one of each by the correlation ratio.</summary>
static class Relations
{
    public static IReadOnlyList<Relation> Of(IReadOnlyList<SampleColumn> columns, int threads, CancellationToken stop)
    {
        var ranks = new float[columns.Count][];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stop };
        Parallel.For(0, columns.Count, parallel, i => ranks[i] = columns[i].Numbers is { } numbers ? Association.Ranks(numbers) : []);
        var pairs = Enumerable.Range(0, columns.Count).SelectMany(a => Enumerable.Range(a + 1, columns.Count - a - 1).Select(b => (A: a, B: b))).ToArray();
        var relations = new Relation[pairs.Length];
        Parallel.For(0, pairs.Length, parallel, i => relations[i] = Of(columns[pairs[i].A], columns[pairs[i].B], ranks[pairs[i].A], ranks[pairs[i].B]));
        return [.. relations.Where(r => double.IsFinite(r.Value))];
    }

    static Relation Of(SampleColumn a, SampleColumn b, float[] ranksA, float[] ranksB)
    {
        if (a.Numbers is { } x && b.Numbers is { } y)
        {
            var (pearson, both) = Association.Pearson<double>(x, y);
            return new(a.Name, b.Name, RelationMeasure.Pearson, pearson, Association.Pearson<float>(ranksA, ranksB).Value, both);
        }
        if (a.Codes is { } left && b.Codes is { } right)
        {
            var (v, both) = Association.CramersV(Association.Table(left, a.Levels.Count, right, b.Levels.Count));
            return new(a.Name, b.Name, RelationMeasure.CramersV, v, null, both);
        }
        var (names, values) = a.Codes is not null ? (a, b) : (b, a);
        var (share, _, rows) = Association.BetweenCategories(names.Codes!, names.Levels.Count, values.Numbers!);
        return new(a.Name, b.Name, RelationMeasure.CorrelationRatio, Math.Sqrt(share), null, rows);
    }
}

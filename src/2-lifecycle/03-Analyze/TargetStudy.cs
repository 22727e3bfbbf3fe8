using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>What each column alone tells of the column to predict, and which tells suspiciously much.</summary>
sealed class TargetStudy
{
    /// <summary>From here on a column alone tells too much to be true.</summary>
    const double Suspicious = 0.99;

    /// <summary>A column is missing with one class and there with the others, but for about a row in forty (the φ of that table).</summary>
    const double SuspiciousMissing = 0.95;

    const int MostClasses = 50, MostProfiles = 12, ProfileBins = 10, ProfileLevels = 12;

    /// <summary>A category of fewer rows, on average, fits any target by chance.</summary>
    const int LevelRows = 10;

    readonly AnalyzedTable table;
    readonly ColumnReport target;
    readonly List<TargetRelation> relations = [];
    readonly List<LeakSuspect> leaks = [];
    readonly Dictionary<string, TargetProfile> profiles = new(StringComparer.Ordinal);

    public TargetStudy(AnalyzedTable table, ColumnReport target)
    {
        (this.table, this.target) = (table, target);
        // The counted values say what it is; a hidden column keeps none, but its kind and number.
        var isNames = target.Kind is ValueKind.Truth or ValueKind.Category
            || (target.Kind == ValueKind.Number && target.Distinct is { Exact: true, Count: <= 20 }
            && target.Top.All(t => long.TryParse(t.Value, CultureInfo.InvariantCulture, out _)) && !target.Hidden);
        Task = target.Distinct.Count < 2 ? TargetTask.None
            : isNames && target.Distinct is { Exact: true, Count: 2 } ? TargetTask.Binary
            : isNames && target.Distinct.Count <= MostClasses ? TargetTask.Classes
            : target.Kind == ValueKind.Number ? TargetTask.Number : TargetTask.None;
    }

    public TargetTask Task { get; }

    bool IsClasses => Task is TargetTask.Binary or TargetTask.Classes;

    /// <summary>The names under which <see cref="SampleTable.Read"/> takes numbers as categories: the target's, where it is of classes.</summary>
    public IReadOnlySet<string> AsNames => IsClasses ? new HashSet<string> { target.Name } : new HashSet<string>();

    /// <summary>Of two classes, the one that scores are about: 1, true, or the rarer.</summary>
    public string? Positive { get; private set; }

    /// <summary>Looks at drawn columns, the target among them.</summary>
    public void Look(IReadOnlyList<SampleColumn> columns, IReadOnlyDictionary<string, ColumnReport> reports, int threads, CancellationToken stop)
    {
        if (Task == TargetTask.None) return;
        var truth = columns.First(c => c.Name == target.Name);
        if (Task == TargetTask.Binary && truth.Levels.Count < 2) return;      // none of its rows was drawn
        if (Task == TargetTask.Binary) truth = Turned(truth);
        var others = columns.Where(c => c.Name != target.Name).ToList();
        var truthRanks = truth.Numbers is { } numbers ? Association.Ranks(numbers) : [];
        var found = new (double? Value, TargetMeasure Measure, double? Missing, TargetProfile? Profile)[others.Count];
        Parallel.For(0, others.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stop }, i =>
        {
            var (value, measure) = Measured(others[i], truth, truthRanks);
            var isShown = !target.Hidden && !reports[others[i].Name].Hidden;
            found[i] = (value, measure, IsClasses ? null : MissingTells(others[i], truth), isShown ? Profile(others[i], truth) : null);
        });
        for (var i = 0; i < others.Count; i++)
        {
            if (found[i].Value is { } value && double.IsFinite(value)) relations.Add(new(others[i].Name, found[i].Measure, value));
            if (found[i].Missing >= SuspiciousMissing) leaks.Add(new(others[i].Name, LeakReason.Missing, found[i].Missing));
            if (found[i].Profile is { } profile) profiles[others[i].Name] = profile;
        }
    }

    SampleColumn Turned(SampleColumn truth)
    {
        var rows = new long[2];
        foreach (var code in truth.Codes!)
            if (code >= 0) rows[code]++;
        var isSecond = truth.Levels[1] is "1" or "true" || (truth.Levels[0] is not ("1" or "true") && rows[1] <= rows[0]);
        Positive = truth.Levels[isSecond ? 1 : 0];
        return isSecond ? truth : truth with { Codes = [.. truth.Codes.Select(c => c < 0 ? c : 1 - c)], Levels = [truth.Levels[1], truth.Levels[0]] };
    }

    (double?, TargetMeasure) Measured(SampleColumn column, SampleColumn truth, float[] truthRanks)
    {
        var isFew = column.Codes is not null && table.SampleRows < (long)LevelRows * column.Levels.Count;
        switch (Task)
        {
            case TargetTask.Binary when column.Numbers is { } x:
                var area = Association.RocAuc(x, truth.Codes!);
                return (Math.Max(area, 1 - area), TargetMeasure.RocAuc);
            case TargetTask.Binary:
                return (isFew ? null : Association.RocAuc(Association.Table(column.Codes!, column.Levels.Count, truth.Codes!, 2)), TargetMeasure.RocAuc);
            case TargetTask.Classes when column.Numbers is { } x:
                return (Association.BetweenCategories(truth.Codes!, truth.Levels.Count, x).Corrected, TargetMeasure.RSquared);
            case TargetTask.Classes:
                return (isFew ? null : Association.CramersV(Association.Table(column.Codes!, column.Levels.Count, truth.Codes!, truth.Levels.Count)).Value,
                    TargetMeasure.CramersV);
            default:
                if (column.Codes is { } codes) return (isFew ? null : Association.BetweenCategories(codes, column.Levels.Count, truth.Numbers!).Corrected,
                    TargetMeasure.RSquared);
                var straight = Association.Pearson<double>(column.Numbers, truth.Numbers).Value;
                var ranked = Association.Pearson<float>(Association.Ranks(column.Numbers), truthRanks).Value;
                return (Math.Max(straight * straight, ranked * ranked), TargetMeasure.RSquared);
        }
    }

    /// <summary>The share of a number's variance between rows with and without the column; null where that means nothing.</summary>
    static double? MissingTells(SampleColumn column, SampleColumn truth)
    {
        var flags = column.Numbers is { } x ? Array.ConvertAll(x, v => double.IsNaN(v) ? 1 : 0) : Array.ConvertAll(column.Codes!, c => c < 0 ? 1 : 0);
        var missing = flags.Count(f => f == 1);
        return missing < LevelRows || flags.Length - missing < LevelRows ? null : Association.BetweenCategories(flags, 2, truth.Numbers!).Share;
    }

    TargetProfile? Profile(SampleColumn column, SampleColumn truth)
    {
        if (Task is not (TargetTask.Binary or TargetTask.Number)) return null;
        Func<int, double> of = truth.Codes is { } codes ? i => codes[i] < 0 ? double.NaN : codes[i] : i => truth.Numbers![i];
        var points = column.Numbers is { } x ? Ranges(x, of) : Levels(column, of);
        return points.Count < 2 ? null : new(column.Name, Task == TargetTask.Binary ? "share" : "mean", points);
    }

    List<ProfilePoint> Ranges(double[] x, Func<int, double> of)
    {
        var values = x.Where(v => !double.IsNaN(v)).Order().ToArray();
        if (values.Length == 0) return [];
        var edges = Enumerable.Range(1, ProfileBins - 1).Select(i => values[(int)((long)i * values.Length / ProfileBins)]).Distinct().ToArray();
        var groups = Enumerable.Range(0, edges.Length + 1).Select(_ => new Group()).ToArray();
        for (var i = 0; i < x.Length; i++)
        {
            if (double.IsNaN(x[i]) || double.IsNaN(of(i))) continue;
            var place = Array.BinarySearch(edges, x[i]);
            groups[place >= 0 ? place + 1 : ~place].Add(of(i), x[i]);
        }
        return [.. groups.Where(g => g.Rows > 0).Select(g => g.Point(null, Task == TargetTask.Binary))];
    }

    List<ProfilePoint> Levels(SampleColumn column, Func<int, double> of)
    {
        var groups = column.Levels.Select(_ => new Group()).ToArray();
        for (var i = 0; i < column.Codes!.Length; i++)
            if (column.Codes[i] >= 0 && !double.IsNaN(of(i))) groups[column.Codes[i]].Add(of(i), 0);
        return [.. groups.Select((g, i) => (Group: g, Name: column.Levels[i])).Where(g => g.Group.Rows > 0).OrderByDescending(g => g.Group.Rows)
            .ThenBy(g => g.Name, StringComparer.Ordinal).Take(ProfileLevels).Select(g => g.Group.Point(g.Name, Task == TargetTask.Binary))];
    }

    sealed class Group
    {
        double sum, squares, least = double.PositiveInfinity, most = double.NegativeInfinity;

        public long Rows { get; private set; }

        public void Add(double truth, double place)
        {
            Rows++;
            var before = Rows == 1 ? truth : sum / (Rows - 1);
            sum += truth;
            squares += (truth - before) * (truth - sum / Rows);     // Welford 1962
            (least, most) = (Math.Min(least, place), Math.Max(most, place));
        }

        /// <summary>With a 95 % interval: of a share by Wilson (1927), of a mean by the normal distribution.</summary>
        public ProfilePoint Point(string? label, bool isShare)
        {
            const double z = 1.959963984540054;
            var (n, mean) = ((double)Rows, sum / Rows);
            var half = z * Math.Sqrt(squares / Math.Max(n - 1, 1) / n);
            var (low, high) = (mean - half, mean + half);
            if (isShare)
            {
                var middle = (mean + z * z / (2 * n)) / (1 + z * z / n);
                var reach = z / (1 + z * z / n) * Math.Sqrt(mean * (1 - mean) / n + z * z / (4 * n * n));
                (low, high) = (Math.Max(0, middle - reach), Math.Min(1, middle + reach));
            }
            return new(label, label is null ? least : null, label is null ? most : null, Rows, mean, low, high);
        }
    }

    /// <summary>Columns that are missing exactly where the target has one class, over all rows.</summary>
    public void LookAtMissing(IReadOnlyList<ColumnReport> columns)
    {
        var some = columns.Where(c => c.Name != target.Name && c.Missing > 0 && c.Missing < table.Rows).ToList();
        if (!IsClasses || some.Count == 0) return;
        var (name, present) = (SqlText.Name(target.Name), some.Select(c => $"count({SqlText.Name(c.Name)})"));
        var rows = table.All($"SELECT count(*), {string.Join(", ", present)} FROM {table.From} WHERE {name} IS NOT NULL GROUP BY {name}");
        for (var i = 0; i < some.Count; i++)
        {
            var classes = rows.Select(r => (All: (long)r[0]!, There: (long)r[i + 1]!)).ToList();
            var (all, there) = (classes.Sum(c => c.All), classes.Sum(c => c.There));
            var tells = classes.Max(c => Math.Abs(Phi(c.There, c.All - c.There, there - c.There, all - c.All - (there - c.There))));
            if (tells >= SuspiciousMissing) leaks.Add(new(some[i].Name, LeakReason.Missing, tells));
        }
    }

    static double Phi(double a, double b, double c, double d)
    {
        var scale = Math.Sqrt(a + b) * Math.Sqrt(c + d) * Math.Sqrt(a + c) * Math.Sqrt(b + d);
        return scale == 0 ? 0 : (a * d - b * c) / scale;
    }

    /// <param name="copies">Groups of equal columns.</param>
    /// <param name="columns">All columns.</param>
    public TargetReport Report(IReadOnlyList<IReadOnlyList<string>> copies, IReadOnlyList<ColumnReport> columns)
    {
        var equal = copies.FirstOrDefault(g => g.Contains(target.Name))?.Where(c => c != target.Name).ToList() ?? [];
        var order = relations.OrderByDescending(r => r.Value).ThenBy(r => r.Column, StringComparer.Ordinal).ToList();
        var suspects = equal.Select(c => new LeakSuspect(c, LeakReason.Copy, null))
            .Concat(order.Where(r => r.Value >= Suspicious && !equal.Contains(r.Column)).Select(r => new LeakSuspect(r.Column, LeakReason.Predicts, r.Value)))
            .Concat(leaks.Where(l => !equal.Contains(l.Column)).OrderBy(l => l.Column, StringComparer.Ordinal))
            .Concat(columns.Where(c => c.Name != target.Name && TableAnalysis.IsIdentifier(c, table.Rows))
                .Select(c => new LeakSuspect(c.Name, LeakReason.Identifier, null)));
        return new(target.Name, Task, target.Missing, target.Hidden || !IsClasses ? [] : Classes(), target.Hidden ? null : Positive, order,
            [.. order.Select(r => profiles.GetValueOrDefault(r.Column)).OfType<TargetProfile>().Take(MostProfiles)], [.. suspects]);
    }

    /// <summary>All classes over all rows, by rows.</summary>
    IReadOnlyList<TopValue> Classes()
    {
        var name = SqlText.Name(target.Name);
        var present = (double)(table.Rows - target.Missing);
        return [.. table.All($"SELECT CAST({name} AS VARCHAR), count(*) FROM {table.From} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1")
            .Select(r => new TopValue((string)r[0]!, (long)r[1]!, (long)r[1]! / present))];
    }
}

using System.Globalization;
using System.Reflection;

namespace Kumiki.Testing;

/// <summary>The process view: how the model was made.</summary>
static class ProcessView
{
    const int MostPoints = 100;

    public static ProcessData Of(VersionRecord model, Algorithm algorithm, IReadOnlyList<string> features, RunRecord run, IReadOnlyList<MetricPoint> series)
    {
        var curves = series.GroupBy(p => p.Name, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g =>
        {
            var points = g.ToList();
            var step = Math.Max(1, (points.Count + MostPoints - 1) / MostPoints);
            var kept = points.Where((_, i) => i % step == 0 || i == points.Count - 1).ToList();
            return new CurveData(g.Key, [.. kept.Select(p => (double)p.Step)], [.. kept.Select(p => p.Value)]);
        });
        var folds = model.Facts.Where(f => f.Key.StartsWith("folds.", StringComparison.Ordinal)).Select(f => f.Key["folds.".Length..]).Select(name => new FoldsData(
            name, model.Metrics[$"{name}.folds"], model.Metrics[$"{name}.folds.low"], model.Metrics[$"{name}.folds.high"],
            [.. model.Facts[$"folds.{name}"].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))]));
        var cost = run.Cost is { } spent ? new CostData(spent.Wall.TotalSeconds, spent.Cpu.TotalSeconds, spent.PeakMemoryBytes / 1e6) : new CostData(double.NaN, double.NaN, double.NaN);
        return new(algorithm.GetType().Name, Settings(algorithm), run.Plan.Parameters, features, run.Plan.Seed, model.Facts.GetValueOrDefault("rounds.best"), [.. curves], [.. folds], cost);
    }

    /// <summary>Every setting of a learner that is a number, a name or a list of them.</summary>
    static SortedDictionary<string, string> Settings(Algorithm algorithm)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in algorithm.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var said = property.GetValue(algorithm) switch
            {
                string text => text,
                IReadOnlyList<double> { Count: > 0 } list => string.Join(", ", list.Select(v => v.ToString("R", CultureInfo.InvariantCulture))),
                IReadOnlyDictionary<string, double> { Count: > 0 } named => string.Join(", ", named.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Key} {n.Value}"))),
                Enum value => value.ToString(),
                bool value => value ? "true" : "false",
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                Tables.ColumnSchema column when property.Name != nameof(Algorithm.Target) => column.Name,
                _ => null,
            };
            if (said is not null) settings[property.Name] = said;
        }
        return settings;
    }
}

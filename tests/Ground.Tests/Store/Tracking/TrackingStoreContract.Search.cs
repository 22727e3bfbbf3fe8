using System.Globalization;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    /// <summary>Six runs that differ in what a search asks for; the last is deleted.</summary>
    async Task<long> SearchedAsync()
    {
        var experiment = await Store.CreateExperimentAsync("searched", null, [], Go);
        var data = new DatasetInput("Beans", "d1", "s", "s", null, null, [new("mlflow.data.context", "train")]);
        foreach (var (name, log) in new (string, RunLog)[]
        {
            ("a", new([Point("loss", 0.5)], [new("model", "Tree"), new("n/a b", "1")], [new("team", "roast")])),
            ("b", new([Point("loss", 0.25)], [new("model", "tree")], [new("team", "grind")])),
            ("c", new([Point("loss", double.NaN)], [new("model", @"net_50%\")], [])),
            ("d", new([], [new("model", "Élan ςΣ ß K")], [])),
            ("e", new([Point("loss", 9, 1, 1), Point("loss", 0.25, 2, 2), Point("acc", double.PositiveInfinity)], [], [])),
            ("gone", new([Point("loss", 0)], [], [])),
        })
        {
            Clock.Now += TimeSpan.FromSeconds(1);
            var run = await NewRunAsync(experiment, name, name == "gone" ? null : name[0] - 'a' + 1);
            await Store.LogAsync(run, log, Go);
            if (name == "a") await Store.LogInputsAsync(run, [data], [], Go);
            if (name == "b") await Store.UpdateRunAsync(run, new(RunStatus.Finished, 100, null), Go);
            if (name == "gone") await Store.DeleteRunAsync(run, true, Go);
        }
        return experiment;
    }

    [Fact]
    public async Task A_filter_finds_what_it_says()
    {
        var experiment = await SearchedAsync();
        foreach (var (filter, found) in new[]
        {
            ("", "e d c b a"), ("metrics.loss < 0.5", "e b"), ("metrics.loss <= 0.5", "e b a"), ("metrics.loss = 0.25", "e b"), ("metrics.loss != 0.25", "c a"),
            ("metrics.loss > -1", "e b a"), ("metrics.acc > 1e300", "e"), ("metrics.acc != 3", "e"), ("metrics.other > 0", ""), ("metrics.other != 0", ""),
            ("params.model = 'tree'", "b"), ("params.model != 'tree'", "d c a"), ("params.model LIKE 'T%'", "a"), ("params.model ILIKE 't%'", "b a"),
            ("params.model ILIKE 'é%'", "d"), ("params.model LIKE 'é%'", ""), ("params.model ILIKE '%σσ%'", "d"), ("params.model ILIKE '%SS%'", ""),
            ("params.model ILIKE '%\u212A'", ""), ("params.model LIKE 'net_50%'", "c"), (@"params.model LIKE '%\'", "c"), (@"params.model ILIKE '%0_\'", "c"),
            ("params.model LIKE '____'", "b a"), ("params.model LIKE '%'", "d c b a"), ("params.model LIKE ''", ""), ("params.`n/a b` = '1'", "a"),
            ("params.model IS NULL", "e"), ("params.model IS NOT NULL", "d c b a"), ("tags.team = 'roast'", "a"), ("tags.team != 'roast'", "b"),
            ("tags.team IS NULL AND metrics.loss > 0", "e"), ("metrics.loss > 0 AND params.model ILIKE 'tree' AND tags.team = 'grind'", "b"),
            ("metrics.loss > 0.3 AND metrics.loss < 0.4", ""), ("status = 'FINISHED'", "b"), ("status != 'FINISHED'", "e d c a"),
            ("status LIKE 'RUN%'", "e d c a"), ("status ILIKE 'fin%'", "b"), ("run_name = 'a'", "a"), ("start_time >= 3 AND start_time < 5", "d c"),
            ("start_time > 2.5 AND start_time != 4", "e c"), ("end_time = 100", "b"), ("artifact_uri LIKE 'mlflow-artifacts:/%'", "e d c b a"),
            ("user_id = 'nobody'", ""), ("dataset.name = 'Beans'", "a"), ("datasets.digest IN ('d0', 'd1')", "a"),
            ("dataset.context LIKE 'tr%' AND dataset.name ILIKE 'BEANS'", "a"), ("dataset.name NOT IN ('Beans')", ""), ("params.model = 'O''Brien'", ""),
            ("params.model = '''; DROP TABLE tracked_runs; --'", ""), ("run_id IN ('x', 'y')", ""), ("run_id NOT IN ('x')", "e d c b a"),
            (string.Join(" AND ", Enumerable.Range(0, 100).Select(i => $"params.p{i} IS NULL")), "e d c b a"),
            (string.Join(" AND ", Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? $"params.p{i} = 'x'" : $"metrics.m{i} < {i}")), ""),
            ($"run_name IN ({string.Join(',', Enumerable.Range(0, 1000).Select(i => $"'{i}'"))})".Replace("run_name", "run_id", StringComparison.Ordinal), ""),
        })
            Assert.Equal((filter, found), (filter, await FoundAsync([experiment], filter, [])));
    }

    [Fact]
    public async Task An_order_puts_nan_after_numbers_and_what_is_missing_last()
    {
        var experiment = await SearchedAsync();
        foreach (var (order, found) in new[]
        {
            ("metrics.loss", "e b a c d"), ("metrics.loss DESC", "a e b c d"), ("params.model", "a c b d e"), ("params.model DESC", "d b c a e"),
            ("tags.team", "b a e d c"), ("tags.team DESC", "a b e d c"), ("start_time", "a b c d e"), ("start_time DESC", "e d c b a"),
            ("end_time", "b e d c a"), ("end_time DESC", "b e d c a"), ("status", "b e d c a"), ("run_name DESC", "e d c b a"),
            ("metrics.none", "e d c b a"), ("metrics.none DESC, metrics.loss", "e b a c d"), ("metrics.loss, start_time", "b e a c d"),
            ("metrics.acc, params.model DESC", "e d b c a"), ("user_id, params.`n/a b`", "a e d c b"),
        })
            Assert.Equal((order, found), (order, await FoundAsync([experiment], "", order.Split(", "))));
        Assert.Equal("e b", await FoundAsync([experiment], "metrics.loss < 0.3", ["metrics.loss DESC"]));
        Assert.Equal("a c", await FoundAsync([experiment], "metrics.loss != 0.25", ["metrics.loss"]));
        Assert.Equal("e d c b a gone", await FoundAsync([experiment], "", ["metrics.x"], ViewType.All));
    }

    [Fact]
    public async Task The_deleted_and_other_experiments_are_found_only_where_they_are_asked_for()
    {
        var experiment = await SearchedAsync();
        await NewRunAsync(0, "elsewhere", 50);

        Assert.Equal("gone", await FoundAsync([experiment], "", [], ViewType.DeletedOnly));
        Assert.Equal("e d c b a gone", await FoundAsync([experiment], "", [], ViewType.All));
        Assert.Equal("gone b", await FoundAsync([experiment], "metrics.loss < 0.3 AND run_name != 'e'", ["metrics.loss"], ViewType.All));
        Assert.Equal("elsewhere e d c b a", await FoundAsync([0, experiment], "", []));
        Assert.Equal("e b a c elsewhere d", await FoundAsync([experiment, 0, 999], "", ["metrics.loss"]));
        Assert.Equal("", await FoundAsync([], "", []));
        Assert.Equal("", await FoundAsync([experiment], "", [], page: new(0, 0)));
        Assert.Equal("", await FoundAsync([999], "metrics.loss > 0", ["metrics.loss"]));
    }

    [Fact]
    public async Task A_run_is_found_with_all_it_logged()
    {
        var experiment = await SearchedAsync();

        foreach (var found in await Store.SearchRunsAsync([experiment], Search.All, ViewType.All, Page.Whole, Go))
        {
            var read = await Store.RunAsync(found.Info.Id, Go);
            Assert.Equal((read.Info, string.Join(' ', read.Metrics), string.Join(' ', read.Params), string.Join(' ', read.Tags), read.Datasets.Count),
                (found.Info, string.Join(' ', found.Metrics), string.Join(' ', found.Params), string.Join(' ', found.Tags), found.Datasets.Count));
        }
    }

    /// <summary>Every way of a search against the sum of its parts: 6,000 runs, of which the keys say how many have them, in pages and whole; before and after
    /// the database took its figures of them.</summary>
    [Fact]
    public async Task A_search_of_many_runs_gives_the_same_whichever_way_it_is_made()
    {
        await FillAsync(6000);
        (string, string)[] searches =
        [
            ("", "metrics.all"),
            ("", "metrics.all DESC"),
            ("", "metrics.some"),
            ("", "metrics.some DESC, params.half"),
            ("", "params.long DESC"),
            ("", "params.long"),
            ("", "metrics.none, start_time"),
            ("metrics.all > 10", ""),
            ("metrics.all > 5990", "metrics.all"),
            ("metrics.all > 10 AND params.half = 'low'", "metrics.all DESC"),
            ("params.half = 'low' AND metrics.all >= 4400", "metrics.some"),
            ("metrics.all < 4200 AND metrics.back < 4200", "metrics.all"),
            ("metrics.all < 4200 AND metrics.back < 1810", ""),
            ("metrics.all >= 1900 AND metrics.back >= 1900 AND tags.even = 'yes'", "params.long"),
            ("params.half = 'low' AND tags.half = 'high'", "metrics.all"),
            ("params.half = 'low' AND params.same = 'x' AND tags.half != 'low'", ""),
            ("params.same = 'x' AND metrics.some != 7", "metrics.some"),
            ("params.long LIKE '%9' AND params.same = 'x'", "params.long DESC, metrics.all"),
        ];
        foreach (var (filter, order) in searches) await GivesWhatItSaysAsync(filter, order);
        await SqlAsync("ANALYZE");
        foreach (var (filter, order) in searches) await GivesWhatItSaysAsync(filter, order);
    }

    async Task GivesWhatItSaysAsync(string filter, string order)
    {
        const int runs = 6000;
        var all = Enumerable.Range(1, runs).Where(i => i % 50 != 0);
        var search = SearchSubject.Runs.Read(filter, order.Length == 0 ? [] : order.Split(", "));
        var expected = all.Where(i => search.Clauses.All(clause => Fulfils(i, clause))).ToList();
        expected.Sort((a, b) =>
        {
            foreach (var item in search.Order)
                if (Compare(Of(a, item.Entity, item.Key), Of(b, item.Entity, item.Key), item.Descending) is not 0 and var sign) return sign;
            return b / 3 != a / 3 ? (b / 3).CompareTo(a / 3) : string.CompareOrdinal(Uuid(a), Uuid(b));
        });

        var whole = (await Store.SearchRunsAsync([0], search, ViewType.ActiveOnly, new(0, 50_000), Go)).Select(r => r.Info.Id).ToList();
        Assert.True(expected.Select(Uuid).SequenceEqual(whole), $"{filter} by {order}: {whole.Count} and not {expected.Count}");
        foreach (var page in new Page[] { new(0, 7), new(3, 100), new(expected.Count - 2, 50), new(expected.Count, 5), new(expected.Count / 2, 33) })
            Assert.Equal(whole.Skip((int)page.Offset).Take(page.Most),
                (await Store.SearchRunsAsync([0], search, ViewType.ActiveOnly, page with { Offset = Math.Max(page.Offset, 0) }, Go)).Select(r => r.Info.Id));

        static string Uuid(int i) => i.ToString("00000000", CultureInfo.InvariantCulture);

        static bool Fulfils(int i, Clause clause) => (Of(i, clause.Entity, clause.Key), clause.Comparison) switch
        {
            (null, _) => false,
            (double value, Comparison.Less) => value < clause.Number,
            (double value, Comparison.Greater) => value > clause.Number,
            (double value, Comparison.GreaterOrEqual) => value >= clause.Number,
            (double value, Comparison.NotEqual) => value != clause.Number,
            (string value, Comparison.Equal) => value == clause.Text,
            (string value, Comparison.NotEqual) => value != clause.Text,
            (string value, Comparison.Like) => value.EndsWith('9'),
            var other => throw new ArgumentException($"{other} is not looked for here."),
        };

        static object? Of(int i, SearchEntity entity, string key) => (entity, key) switch
        {
            (SearchEntity.Metric, "all") => (double)i,
            (SearchEntity.Metric, "back") => (double)(runs - i),
            (SearchEntity.Metric, "some") => i % 30 == 0 ? i % 60 == 0 ? double.NaN : (double)(i % 7) : null,
            (SearchEntity.Parameter or SearchEntity.Tag, "half") => i <= runs / 4 * 3 ? "low" : "high",
            (SearchEntity.Parameter, "same") => "x",
            (SearchEntity.Tag, "even") => i % 2 == 0 ? "yes" : null,
            (SearchEntity.Parameter, "long") => i % 5 == 0 ? null : new string('z', 300) + (i % 10),
            (SearchEntity.Attribute, "start_time") => (double)(i / 3),
            _ => null,
        };

        static int Compare(object? a, object? b, bool descending) => (a, b) switch
        {
            (null, null) => 0,
            (null, _) => 1,
            (_, null) => -1,
            (double x, double y) when double.IsNaN(x) || double.IsNaN(y) => double.IsNaN(x).CompareTo(double.IsNaN(y)),
            (double x, double y) => descending ? y.CompareTo(x) : x.CompareTo(y),
            _ => descending ? string.CompareOrdinal((string)b, (string)a) : string.CompareOrdinal((string)a, (string)b),
        };
    }

    /// <summary>Runs 1 … n of the default experiment, every fiftieth deleted; three begin at once.</summary>
    async Task FillAsync(int runs)
    {
        const string each = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})";
        const string uuid = "substr('00000000', 1, 8 - length(CAST(i AS text))) || CAST(i AS text)";
        await Insert("tracked_runs (id, uuid, experiment, name, status, started, location, deleted)",
            $"i, {uuid}, 0, 'run', 3, i / 3, 'mlflow-artifacts:/0/' || i, CASE WHEN i % 50 = 0 THEN 1 ELSE 0 END");
        foreach (var (key, value, where) in new[]
        {
            ("all", "i", ""), ("back", $"{runs} - i", ""), ("some", "CASE WHEN i % 60 = 0 THEN 0 ELSE i % 7 END", "i % 30 = 0"),
        })
            await Insert("tracked_latest (run, key, experiment, value, is_nan, timestamp, step)",
                $"i, '{key}', 0, {value}, {(key == "some" ? "CASE WHEN i % 60 = 0 THEN 1 ELSE 0 END" : "0")}, 1, 1", where);
        var half = $"CASE WHEN i <= {runs / 4 * 3} THEN 'low' ELSE 'high' END";
        foreach (var (table, key, value, where) in new[]
        {
            ("params", "half", half, ""), ("tags", "half", half, ""), ("params", "same", "'x'", ""), ("tags", "even", "'yes'", "i % 2 = 0"),
            ("params", "long", $"'{new string('z', 300)}' || CAST(i % 10 AS text)", "i % 5 <> 0"),
        })
            await Insert($"tracked_{table} (run, key, experiment, value)", $"i, '{key}', 0, {value}", where);

        Task Insert(string into, string values, string where = "") => SqlAsync(
            $"INSERT INTO {into} {string.Format(CultureInfo.InvariantCulture, each, runs)} SELECT {values} FROM n WHERE {(where.Length > 0 ? where : "true")}");
    }
}

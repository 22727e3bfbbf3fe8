using Kumiki.Store.Sqlite;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>Points of a metric that lie in several blocks are read as one series.</summary>
public sealed class PointBlockTests : IDisposable
{
    static readonly Page All = new(0, int.MaxValue);

    readonly TestFolder folder = new();

    [Fact]
    public async Task A_series_of_several_blocks_is_read_by_time_however_it_was_logged()
    {
        await using var data = DataFolder.Open(folder["data"], TimeProvider.System);
        var run = await NewRunAsync(data);
        var steps = Enumerable.Range(0, 3 * PointBlocks.Full).ToArray();
        new Random(1).Shuffle(steps);
        foreach (var batch in steps.Chunk(1000)) await LogAsync(data, run, batch.Select(step => At(step)));

        Assert.Equal(Enumerable.Range(0, steps.Length).Select(step => At(step)), await data.Tracking.HistoryAsync(run, "loss", All, default));
        Assert.Equal(Enumerable.Range(5_000, 10).Select(step => At(step)), await data.Tracking.HistoryAsync(run, "loss", new(5_000, 10), default));
        Assert.Empty(await data.Tracking.HistoryAsync(run, "loss", new(steps.Length + 5, 10), default));
        Assert.Equal(steps.Length - 1, (await data.Tracking.RunAsync(run, default)).Metrics.Single(m => m.Key == "loss").Step);
    }

    [Fact]
    public async Task A_point_sent_again_after_its_block_was_full_is_one_point()
    {
        await using var data = DataFolder.Open(folder["data"], TimeProvider.System);
        var run = await NewRunAsync(data);
        LoggedMetric[] first = [At(1), At(2), At(2, double.NaN), At(2, 0)];
        await LogAsync(data, run, first);
        foreach (var batch in Enumerable.Range(10, 2 * PointBlocks.Full).Chunk(1000)) await LogAsync(data, run, batch.Select(step => At(step)));
        await LogAsync(data, run, first);

        var all = await data.Tracking.HistoryAsync(run, "loss", All, default);
        Assert.Equal(4 + (2 * PointBlocks.Full), all.Count);
        Assert.Equal([At(1), At(2, 0), At(2, double.NaN), At(2)], all.Take(4));
        Assert.Equal(4 + (2 * PointBlocks.Full), (await data.Tracking.SampledAsync([run], "loss", null, 1_000_000, default)).Count);
    }

    [Fact]
    public async Task A_file_of_the_schema_before_blocks_keeps_its_points()
    {
        var path = folder["store.db"];
        using (var db = Connection.ToWrite(path, TimeSpan.FromSeconds(5)))
        {
            Schema.Raise(db, path, 6);
            db.Run("INSERT INTO tracked_runs (id, uuid, experiment, name, status, location) VALUES (1, 'abc', 0, 'old', 1, 'mlflow-artifacts:/0/abc')");
            db.Run(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
                INSERT INTO tracked_points (run, key, timestamp, step, value, is_nan) SELECT 1, 'loss', 1700000000000 + i, i, i * 0.5, 0 FROM n
                """);
        }
        await using var data = DataFolder.Open(folder[""], TimeProvider.System);
        Assert.Equal(Enumerable.Range(1, 10_000).Select(step => At(step)), await data.Tracking.HistoryAsync("abc", "loss", All, default));
    }

    static LoggedMetric At(int step, double? value = null) => new("loss", value ?? step * 0.5, 1_700_000_000_000 + step, step, null, null, null);

    static async Task<string> NewRunAsync(DataFolder data) => (await data.Tracking.CreateRunAsync(new(0, "run", null, null, []), default)).Info.Id;

    static Task LogAsync(DataFolder data, string run, IEnumerable<LoggedMetric> points) => data.Tracking.LogAsync(run, new([.. points], [], []), default);

    public void Dispose() => folder.Dispose();
}

using System.Globalization;
using Kumiki.Predictions;
using Xunit;
using static Kumiki.Lifecycle.Tests.LogWorld;

namespace Kumiki.Lifecycle.Tests;

/// <summary>From segments to files: in whose time, in which order, and what a bad row costs.</summary>
public sealed class PredictionFilesTests
{
    [Fact]
    public async Task Rows_lie_in_their_hours_file_by_time_and_id_however_they_came()
    {
        await using var world = new LogWorld();
        var random = new Random(5);
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        // More than a chunk of DuckDB's, from the last seconds of one hour and the first of the next, several of the same second.
        var rows = Enumerable.Range(0, 5000).Select(i => (Id: $"p-{random.Next(100_000):d6}-{i}", At: noon.AddSeconds(random.Next(-60, 60)))).ToList();
        foreach (var (id, at) in rows)
        {
            world.Clock.Now = at;
            Assert.True(world.Add(id, age: at.Second));
        }
        await world.Log.ConvertNowAsync(Go);

        var (files, _) = await world.Data.Metadata.PredictionFilesAsync("credit-decision", [], Go);
        Assert.Equal([12, 11], files.Select(f => f.Hour.Hour));
        foreach (var file in files)
        {
            var own = rows.Where(r => r.At.Hour == file.Hour.Hour).OrderBy(r => r.At).ThenBy(r => r.Id, StringComparer.Ordinal).ToList();
            Assert.Equal((own.Count, own[0].At, own[^1].At), (file.Rows, file.First, file.Last));
            // As they lie, in no other order.
            var path = await world.Data.Artifacts.PathAsync(file.Blob, Go);
            using var database = Kumiki.Native.DuckDb.DuckDbDatabase.OpenInMemory(256 << 20, threads: 1, world.Folder);
            using var connection = database.Connect();
            using var statement = connection.Prepare($"SELECT id, feature_age, input_age FROM read_parquet('{path}')");
            using var read = statement.Execute(Go);
            var lies = new List<string>();
            while (read.Next())
                for (var row = 0; row < read.Chunk.Rows; row++)
                    lies.Add(string.Create(CultureInfo.InvariantCulture, $"{read.Chunk[0].Value(row)} {read.Chunk[1].Value(row)} {read.Chunk[2].Value(row)}"));
            Assert.Equal(own.Select(r => $"{r.Id} {r.At.Second} {r.At.Second}"), lies);
        }
    }

    [Fact]
    public async Task A_row_that_is_no_json_costs_only_its_own_fields()
    {
        await using var world = new LogWorld();
        for (var i = 0; i < 3000; i++) world.Add($"p-{i:d4}", age: i % 90, inputs: i == 1500 ? "{\"age\": 41, " : null);
        await world.Log.ConvertNowAsync(Go);

        Assert.Equal(["2999|p-1500|{\"age\": 41, |60"], await world.SqlAsync("""
            SELECT count(input_age), max(id) FILTER (input_age IS NULL), max(inputs) FILTER (input_age IS NULL), max(feature_age) FILTER (input_age IS NULL)
            FROM predictions_credit_decision
            """));
    }

    [Theory]
    [InlineData(0)]                     // late at once: it takes its share
    [InlineData(long.MaxValue)]         // never late: it gives way
    public async Task Segments_become_files_in_the_background(long patient)
    {
        await using var world = new LogWorld(new()
        {
            PatientBytes = patient,
            Journal = new() { SegmentBytes = 20_000, SyncEvery = TimeSpan.FromMilliseconds(5) },
        });
        for (var i = 0; i < 1000; i++)
        {
            world.Add($"p-{i}");
            if (i % 100 == 99) await world.Log.FlushAsync();
        }

        // The last one goes on being written.
        while (JournalFolder.Segments(world.Log.Folder).Count > 1) await Task.Delay(20);

        Assert.NotEmpty((await world.Data.Metadata.PredictionFilesAsync(null, [], Go)).Files);
        Assert.Equal(["1000|1000"], await world.SqlAsync("SELECT count(*), count(DISTINCT id) FROM predictions_credit_decision"));
        Assert.Empty(world.Troubles);
    }

    [Fact]
    public async Task Who_reads_does_not_wait_behind_segments_that_give_way()
    {
        await using var world = new LogWorld(new() { ReadBytes = 0, Journal = new() { SegmentBytes = 1 } });
        for (var i = 0; i < 5; i++)
        {
            world.Add($"p-{i}");
            await world.Log.FlushAsync();
        }

        Assert.Equal(["5"], await world.SqlAsync("SELECT count(*) FROM predictions_credit_decision"));

        Assert.Empty(JournalFolder.Segments(world.Log.Folder));
    }

    [Fact]
    public async Task Work_that_gives_way_does_so_alone_and_says_what_went_wrong()
    {
        // The 19th field: man 5 proc_pid_stat. The name before it is in brackets.
        static int Niceness() => int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[1].Split(' ')[16], CultureInfo.InvariantCulture);
        var usual = Niceness();

        Assert.Equal(19, await BackSeat.RunAsync(Niceness));

        Assert.Equal(usual, Niceness());
        Assert.Equal(usual, await Task.Run(Niceness));
        var failed = await Assert.ThrowsAsync<IOException>(() => BackSeat.RunAsync<int>(() => throw new IOException("no room")));
        Assert.Equal("no room", failed.Message);
    }
}

using System.Text;
using Kumiki.Predictions;
using Kumiki.Store;
using Xunit;
using static Kumiki.Lifecycle.Tests.LogWorld;

namespace Kumiki.Lifecycle.Tests;

public sealed class PredictionLogTests
{
    [Fact]
    public async Task A_prediction_can_be_read_with_all_its_parts_before_and_after_it_is_in_a_file()
    {
        await using var world = new LogWorld();
        Assert.True(world.Add("p-1"));
        const string sql = """
            SELECT id, time, endpoint, endpoint_version, release, models, threshold, decision, score, score_spread, latency_us, queue_us, run_us, trace_id, input_age, input_applied_on, input_region, feature_age,
              feature_region, inputs FROM predictions_credit_decision
            """;
        const string row =
            "p-1|2026-03-01 09:30:00|credit-decision|4|12|default-model@7|decline-above@3|Grant|0.25|0.5|900|100|300|4bf92f3577b34da6a3ce929d0e0e4736|41|2026-02-28|kansai|41|kansai|" +
            """{"age": 41, "appliedOn": "2026-02-28", "region": "kansai"}""";

        Assert.Equal([row], await world.SqlAsync(sql));
        await world.Log.ConvertNowAsync(Go);
        Assert.Empty(JournalFolder.Segments(world.Log.Folder));
        Assert.Equal([row], await world.SqlAsync(sql));
        await world.ReopenAsync();
        Assert.Equal([row], await world.SqlAsync(sql));
    }

    [Fact]
    public async Task Files_are_referred_to_and_of_two_hours_there_are_two()
    {
        await using var world = new LogWorld();
        world.Add("p-1");
        world.Clock.Now = world.Clock.Now.AddHours(1);
        world.Add("p-2");
        await world.Log.ConvertNowAsync(Go);

        var (files, _) = await world.Data.Metadata.PredictionFilesAsync("credit-decision", [], Go);
        Assert.Equal([10, 9], files.Select(f => f.Hour.Hour));
        Assert.All(files, f => Assert.Equal((1L, 0), (f.Rows, f.Hour.Minute)));
        Assert.Equal(files.Select(f => f.Blob).Order(), (await world.Data.Metadata.ReferencedAsync(Go)).Order());
        Assert.True((await Verification.RunAsync(world.Data.Metadata, world.Data.Artifacts, null, Go)).IsSound);
        world.Data.Artifacts.Remove(files[0].Blob);
        var fault = Assert.Single((await Verification.RunAsync(world.Data.Metadata, world.Data.Artifacts, null, Go)).Faults);
        Assert.Equal("predlog.blob-missing", fault.Says.Id);
    }

    [Fact]
    public async Task Files_of_an_hour_that_is_over_become_one_and_old_ones_go()
    {
        await using var world = new LogWorld();
        var wider = Credit with { Version = 5, Inputs = [new("age", "age", "DOUBLE"), new("income", "income", "DOUBLE")] };
        world.Add("p-1");
        await world.Log.ConvertNowAsync(Go);
        world.Add("p-2", shape: wider, inputs: """{"age": 41.5, "income": 3.5}""");
        await world.Log.ConvertNowAsync(Go);
        await world.Log.TidyAsync(Go);
        Assert.Equal(2, (await world.Data.Metadata.PredictionFilesAsync(null, [], Go)).Files.Count);

        world.Clock.Now = world.Clock.Now.AddHours(2);
        await world.Log.TidyAsync(Go);
        var file = Assert.Single((await world.Data.Metadata.PredictionFilesAsync(null, [], Go)).Files);
        Assert.Equal(2, file.Rows);
        Assert.Equal(["p-1|4|41|-|kansai", "p-2|5|41.5|3.5|-"],
            await world.SqlAsync("SELECT id, endpoint_version, input_age, input_income, input_region FROM predictions_credit_decision ORDER BY id"));

        world.Clock.Now = world.Clock.Now.AddDays(91);
        await world.Log.TidyAsync(Go);
        Assert.Empty((await world.Data.Metadata.PredictionFilesAsync(null, [], Go)).Files);
        Assert.Empty(await world.Data.Metadata.ReferencedAsync(Go));
    }

    [Fact]
    public async Task What_there_is_no_room_for_is_dropped_and_counted_and_nothing_else_is()
    {
        // Two chunks of 256 KiB, and a writing thread that has to keep up with eight others.
        await using var world = new LogWorld(new() { Journal = new() { RingBytes = 512 * 1024 } });
        var padding = new string('x', 2000);
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 2000; i++)
                if (world.Add($"p-{t}-{i}", region: padding)) Interlocked.Increment(ref taken);
        })));
        await world.Log.FlushAsync();

        var (accepted, dropped) = world.Log.Counts;
        Assert.Equal((taken, 16000 - taken), (accepted, dropped));
        await world.Log.ConvertNowAsync(Go);
        Assert.Equal([$"{taken}|{taken}"], await world.SqlAsync("SELECT count(*), count(DISTINCT id) FROM predictions_credit_decision"));
        Assert.Empty(world.Troubles);
    }

    [Fact]
    public async Task A_record_whose_bytes_changed_and_a_torn_end_cost_themselves_only()
    {
        await using var world = new LogWorld();
        for (var i = 0; i < 3; i++)
        {
            world.Add($"p-{i}");
            await world.Log.FlushAsync();
        }
        var segment = Assert.Single(JournalFolder.Segments(world.Log.Folder));
        var bytes = await File.ReadAllBytesAsync(segment);
        var middle = bytes.AsSpan().IndexOf("p-1"u8);
        bytes[middle] ^= 0xFF;
        var copy = Path.Combine(world.Folder, "copy");
        await File.WriteAllBytesAsync(copy, bytes[..^3]);

        var ids = new List<string>();
        var unread = JournalSegment.Read(copy, record =>
        {
            if (record.Span[0] == LogRecord.Prediction) ids.Add(record.Span.IndexOf("p-0"u8) > 0 ? "p-0" : "other");
        });

        Assert.Equal(["p-0"], ids);
        Assert.InRange(unread, 200, 2000);
        await File.WriteAllBytesAsync(copy, Encoding.ASCII.GetBytes("no segment at all"));
        Assert.Equal("predlog.not-a-segment", Assert.Throws<KumikiException>(() => JournalSegment.Read(copy, _ => { })).Says.Id);
    }

    [Fact]
    public async Task Personal_values_are_on_no_disk()
    {
        await using var world = new LogWorld();
        var shape = Credit with
        {
            Inputs = [new("full_name", "fullName", "VARCHAR", Personal: true), new("age", "age", "INTEGER", Personal: true), new("region", "region",
                "VARCHAR")],
            Texts = ["full_name"],
        };
        var secret = "Tanaka-Hanako";
        Assert.True(world.Add("p-1", age: 41, region: secret, shape: shape, inputs: $$"""{"fullName": "{{secret}}", "FULL_NAME": {"deep": ["{{secret}}"]}, "age": 41, "region": "kansai"}""",
            error: Message.Of("predlog.none", ("id", secret))));
        Assert.True(world.Add("p-2", region: secret, shape: shape, inputs: $"{{ no json {secret}"));
        await world.Log.FlushAsync();
        Assert.DoesNotContain(secret, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(JournalFolder.Segments(world.Log.Folder)[0])),
            StringComparison.Ordinal);

        await world.Log.ConvertNowAsync(Go);
        Assert.Equal(["""p-1|-|-|kansai|-|-|predlog.none|-|{"fullName": null, "FULL_NAME": null, "age": null, "region": "kansai"}""", "p-2|-|-|-|-|-|-|-|-"],
            await world.SqlAsync("SELECT id, input_full_name, input_age, input_region, feature_full_name, feature_age, error, error_text, inputs FROM predictions_credit_decision ORDER BY id"));
    }

    [Fact]
    public async Task Inputs_that_fit_no_column_are_kept_as_they_came()
    {
        await using var world = new LogWorld();
        world.Add("p-1", inputs: """{"age": "old", "appliedOn": 7, "more": [1, 2], "region": "日本"}""");
        world.Add("p-2", inputs: "not json");
        world.Add("p-3", inputs: new string(' ', 100_000));
        var (_, _) = world.Log.Counts;

        Assert.Equal(["""p-1|-|-|日本|{"age": "old", "appliedOn": 7, "more": [1, 2], "region": "日本"}""", "p-2|-|-|-|not json", "p-3|-|-|-|-"],
            await world.SqlAsync("SELECT id, input_age, input_applied_on, input_region, inputs FROM predictions_credit_decision ORDER BY id"));
        Assert.Equal(1, (await world.Log.FiguresAsync()).Cut);
    }

    [Fact]
    public async Task Outcomes_join_by_id_before_or_after_the_prediction_and_the_newest_counts()
    {
        await using var world = new LogWorld();
        Outcome early = new("credit-decision", "p-2", 1, "true", world.Clock.Now.AddDays(-1));
        await world.Log.AddAsync([early], Go);
        world.Add("p-1");
        world.Add("p-2");
        await world.Log.ConvertNowAsync(Go);
        world.Clock.Now = world.Clock.Now.AddDays(1);
        await world.Log.AddAsync([new("credit-decision", "p-2", 0, "false", world.Clock.Now, "a typing error")], Go);
        world.Clock.Now = world.Clock.Now.AddDays(1);
        await world.Log.AddAsync([early], Go);      // sent once more: nothing new

        Assert.Equal(["p-1|-|-|-", "p-2|0|false|a typing error"],
            await world.SqlAsync("SELECT id, outcome, outcome_label, outcome_note FROM credit_decision ORDER BY id"));
        Assert.Equal(["true|false", "false|true"], await world.SqlAsync("SELECT label, counts FROM outcomes_credit_decision ORDER BY noted"));
        using var reader = world.Reader;
        var one = (await reader.FindAsync("p-2", null, Go))!;
        Assert.Equal("false", one.Prediction.Outcome);
        Assert.Equal(["false", "true"], one.Outcomes.Select(o => o.Label));
        Assert.Equal("0.5", one.Scores["score_spread"]);
        Assert.Equal(("41", "kansai"), (one.Features["age"], one.Features["region"]));
        Assert.Null(await reader.FindAsync("p-3", null, Go));
    }

    [Fact]
    public async Task Pages_are_newest_first_and_hold_everything_once()
    {
        await using var world = new LogWorld();
        for (var i = 0; i < 25; i++)
        {
            if (i % 3 == 0) world.Clock.Now = world.Clock.Now.AddMinutes(25);      // three of the same instant
            world.Add($"p-{i:00}");
            if (i % 10 == 9) await world.Log.ConvertNowAsync(Go);
        }
        using var reader = world.Reader;
        var ids = new List<string>();
        string? before = null;
        do
        {
            var page = await reader.PageAsync("credit-decision", 4, before, Go);
            ids.AddRange(page.Predictions.Select(p => p.Id));
            before = page.Before;
        }
        while (before is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"p-{i:00}").Reverse(), ids);
        Assert.Empty((await reader.PageAsync("other-endpoint", 4, null, Go)).Predictions);
        Assert.Equal("predlog.bad-place", (await Assert.ThrowsAsync<KumikiException>(() => reader.PageAsync("credit-decision", 4, "soon", Go))).Says.Id);
    }

    [Fact]
    public async Task An_export_is_one_parquet_file_with_the_outcomes()
    {
        await using var world = new LogWorld();
        world.Add("p-1");
        await world.Log.AddAsync([new("credit-decision", "p-1", 1, "true", world.Clock.Now)], Go);
        using var reader = world.Reader;
        var path = Path.Combine(world.Folder, "out.parquet");

        Assert.Equal(1, await reader.ExportAsync("credit-decision", path, Go));
        Assert.Equal("PAR1"u8.ToArray(), (await File.ReadAllBytesAsync(path))[..4]);
        Assert.Equal("predlog.export-there", (await Assert.ThrowsAsync<KumikiException>(() => reader.ExportAsync("credit-decision", path, Go))).Says.Id);
    }
}

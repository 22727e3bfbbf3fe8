using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    [Fact]
    public async Task A_run_begins_with_its_name_as_a_tag_and_is_the_same_when_it_is_read()
    {
        var begun = await Store.CreateRunAsync(new(0, $"first {Astral}", Wide, 12,
            [new("z", "1"), new("a", "2"), new("z", "3"), new("mlflow.runName", "x")]), Go);

        Assert.Matches("^[0-9a-f]{32}$", begun.Info.Id);
        Assert.Equal(new(begun.Info.Id, 0, $"first {Astral}", Wide, RunStatus.Running, 12, null, $"mlflow-artifacts:/0/{begun.Info.Id}/artifacts", false),
            begun.Info);
        Assert.Equal([new("a", "2"), new("mlflow.runName", $"first {Astral}"), new("z", "3")], begun.Tags);
        var read = await Store.RunAsync(begun.Info.Id, Go);
        Assert.Equal((begun.Info, 0, 0, 0, 0, 0), (read.Info, read.Metrics.Count, read.Params.Count, read.Datasets.Count, read.ModelInputs.Count,
            read.ModelOutputs.Count));
        Assert.Equal(begun.Tags, read.Tags);
    }

    [Fact]
    public async Task A_runs_artifacts_lie_below_its_experiment()
    {
        var bucket = await Store.CreateExperimentAsync("bucket", "s3://b/x/", [], Go);

        var run = (await Store.CreateRunAsync(new(bucket, "r", null, null, []), Go)).Info;

        Assert.Equal(($"s3://b/x/{run.Id}/artifacts", null, null), (run.Location, run.User, run.StartedMs));
    }

    [Fact]
    public async Task What_is_changed_of_a_run_is_changed_and_the_rest_stays()
    {
        var run = await NewRunAsync();

        Assert.Equal((RunStatus.Finished, 99L, "run"), (await Store.UpdateRunAsync(run, new(RunStatus.Finished, 99, null), Go)) is var a
            ? (a.Status, a.EndedMs, a.Name) : default);
        Assert.Equal((RunStatus.Finished, 99L, "new"), (await Store.UpdateRunAsync(run, new(null, null, "new"), Go)) is var b
            ? (b.Status, b.EndedMs, b.Name) : default);
        await TagsAsync(run, new Entry("mlflow.runName", "tagged"));

        var read = await Store.RunAsync(run, Go);
        Assert.Equal(("tagged", 1L), (read.Info.Name, read.Info.StartedMs));
        Assert.Equal([new("mlflow.runName", "tagged")], read.Tags);
    }

    [Fact]
    public async Task Nothing_is_written_to_a_run_that_is_deleted_or_not_there()
    {
        var run = await NewRunAsync();
        await TagsAsync(run, new Entry("k", "v"));
        await Store.DeleteRunAsync(run, true, Go);
        await Store.DeleteRunAsync(run, true, Go);
        foreach (var (id, fault, says) in new[]
        {
            (run, TrackingFault.InvalidValue, $"The run {run} must be in the 'active' state. Current state is deleted."),
            ("none", TrackingFault.NotThere, "Run with id=none not found"),
        })
            foreach (var call in new Func<Task>[]
            {
                () => LogAsync(id, Point("m", 1)), () => ParamsAsync(id, new Entry("p", "1")), () => TagsAsync(id, new Entry("k", "w")),
                () => Store.UpdateRunAsync(id, new(RunStatus.Failed, 1, "n"), Go), () => Store.DeleteRunTagAsync(id, "k", Go),
                () => Store.ChangeRunTagAsync(id, "k", _ => "w", Go), () => Store.LogInputsAsync(id, [], ["m-1"], Go),
                () => Store.LogOutputsAsync(id, [new("m-1", 0)], Go), () => Store.LogAsync(id, new([], [], []), Go),
            })
                Assert.Equal(says, await RefusedAsync(fault, call));

        foreach (var call in new Func<Task>[]
        {
            () => Store.RunAsync("none", Go), () => Store.DeleteRunAsync("none", true, Go), () => Store.HistoryAsync("none", "m", Page.Whole, Go),
            () => Store.HistoryAsync([run, "none"], "m", 10, Go), () => Store.SampledAsync(["none"], "m", null, 10, Go),
        })
            Assert.Equal("Run with id=none not found", await RefusedAsync(TrackingFault.NotThere, call));
        await Store.DeleteRunAsync(run, false, Go);
        var read = await Store.RunAsync(run, Go);
        Assert.Equal((RunStatus.Running, 0, 0, 0), (read.Info.Status, read.Metrics.Count, read.Params.Count, read.ModelInputs.Count));
        Assert.Equal([new("k", "v"), new("mlflow.runName", "run")], read.Tags);
    }

    [Fact]
    public async Task A_parameter_keeps_its_value_and_a_conflict_writes_nothing()
    {
        var run = await NewRunAsync();
        var longest = string.Concat(Enumerable.Repeat("𝔘", 6000));
        await ParamsAsync(run, new("p", "1"), new($"key {Astral}", longest), new("empty", ""));

        await ParamsAsync(run, new("p", "1"), new("q", "2"));
        var says = await RefusedAsync(TrackingFault.InvalidValue, () => Store.LogAsync(run,
            new([Point("m", 1)], [new("new", "1"), new("q", "3"), new("p", "4")], [new("t", "1")]), Go));

        Assert.Equal($"Changing param values is not allowed. Param with key='q' was already logged with value='2' for run ID='{run}'. "
            + "Attempted logging new value '3'.", says);
        var read = await Store.RunAsync(run, Go);
        Assert.Equal([new("empty", ""), new($"key {Astral}", longest), new("p", "1"), new("q", "2")], read.Params);
        Assert.Equal((0, 1), (read.Metrics.Count, read.Tags.Count));
    }

    [Fact]
    public async Task Tags_are_replaced_changed_and_deleted()
    {
        var run = await NewRunAsync();
        await TagsAsync(run, new("a", "1"), new("a", "2"), new("b", string.Concat(Enumerable.Repeat("豆", 8000))));
        await TagsAsync(run, new Entry("a", "3"));
        await Store.ChangeRunTagAsync(run, "a", old => old + "4", Go);
        await Store.ChangeRunTagAsync(run, "c", old => old ?? "none", Go);
        await Store.DeleteRunTagAsync(run, "b", Go);

        Assert.Equal([new("a", "34"), new("c", "none"), new("mlflow.runName", "run")], (await Store.RunAsync(run, Go)).Tags);
        Assert.Equal($"No tag with name: b in run with id {run}", await RefusedAsync(TrackingFault.NotThere, () => Store.DeleteRunTagAsync(run, "b", Go)));
    }

    [Fact]
    public async Task The_longest_keys_of_the_widest_characters_are_kept_in_their_order()
    {
        var run = await NewRunAsync();
        string Key(string last) => string.Concat(Enumerable.Repeat("𝔘", 249)) + last;

        await Store.LogAsync(run, new([Point(Key("b"), 1), Point(Key("a"), 2)], [new(Key("b"), Key("x")), new(Key("a"), Key("y"))],
            [new(Key("t"), Key("z"))]), Go);
        await LogAsync(run, [.. new[] { "\uFF5E", "a", "Z", "𝔘", "é" }.Select(k => Point(k, 1))]);

        var read = await Store.RunAsync(run, Go);
        Assert.Equal(["Z", "a", "é", "\uFF5E", "𝔘", Key("a"), Key("b")], read.Metrics.Select(m => m.Key));       // by their bytes, as every store has them
        Assert.Equal([new(Key("a"), Key("y")), new(Key("b"), Key("x"))], read.Params);
        Assert.Equal("run", await FoundAsync([0], $"params.`{Key("a")}` = '{Key("y")}' AND metrics.`{Key("a")}` > 1", [$"params.`{Key("b")}`"]));
    }

    [Fact]
    public async Task Inputs_and_outputs_are_linked_once_and_in_their_order()
    {
        var run = await NewRunAsync();
        DatasetInput Data(string name, string digest, params IReadOnlyList<Entry> tags) => new(name, digest, "local", "{}", "s", null, tags);
        await Store.LogInputsAsync(run, [Data("z", "1", new("mlflow.data.context", "train"), new("a", "1"), new("a", "2")), Data("a", "1")],
            ["m-2", "m-1"], Go);
        await Store.LogInputsAsync(run, [Data("a", "1", new Entry("late", "x")), Data("a", "2") with { Source = "other" }, Data("a", "2")], ["m-1"], Go);
        await Store.LogInputsAsync(await NewRunAsync(), [Data("z", "1", new Entry("mlflow.data.context", "test")) with { Source = "ignored" }], [], Go);
        await Store.LogOutputsAsync(run, [new("m-9", 2), new("m-8", 2), new("m-7", -1), new("m-9", 5)], Go);

        var read = await Store.RunAsync(run, Go);
        Assert.Equal(["z 1 {} [a=2 mlflow.data.context=train]", "a 1 {} []", "a 2 other []"],
            read.Datasets.Select(d => $"{d.Name} {d.Digest} {d.Source} [{string.Join(' ', d.Tags.Select(t => $"{t.Key}={t.Value}"))}]"));
        Assert.Equal(["m-1", "m-2"], read.ModelInputs);
        Assert.Equal([new("m-7", -1), new("m-8", 2), new("m-9", 2)], read.ModelOutputs);
        Assert.Equal([new(0, "a", "1", null), new(0, "a", "2", null), new(0, "z", "1", "test"), new(0, "z", "1", "train")],
            await Store.DatasetsAsync([0, 7], Go));
        Assert.Empty(await Store.DatasetsAsync([], Go));
    }

    [Fact]
    public async Task Texts_of_every_length_a_client_may_send_are_kept()
    {
        var run = await NewRunAsync();
        var (profile, name, digest) = (new string('p', 2_000_000), string.Concat(Enumerable.Repeat("𝔘", 500)), string.Concat(Enumerable.Repeat("𝔘", 36)));

        await Store.LogInputsAsync(run, [new(name, digest, "s", new('s', 65_535), new('c', 1_000_000), profile, [])], [], Go);
        var model = await Store.CreateLoggedModelAsync(new(0, "m", null, run, [], []), Go);
        await LogAsync(run, new LoggedMetric(new string('豆', 250), 1, 1, 1, model.Id, name, digest));

        Assert.Equal((profile, name, digest), (await Store.RunAsync(run, Go)).Datasets is [var d] ? (d.Profile, d.Name, d.Digest) : default);
        Assert.Equal((name, digest), (await Store.LoggedModelAsync(model.Id, false, Go)).Metrics is [var m]
            ? (m.Point.Dataset, m.Point.DatasetDigest) : default);
    }
}

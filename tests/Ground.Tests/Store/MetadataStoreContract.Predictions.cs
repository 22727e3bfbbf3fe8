using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    static PredictionFile File(string endpoint, string blob, int hour, PredictionKind kind = PredictionKind.Predictions)
    {
        var start = new DateTimeOffset(2026, 3, 1, hour, 0, 0, TimeSpan.Zero);
        return new(0, endpoint, kind, start, Digest.Of(blob), 100, 7, start.AddMinutes(1), start.AddMinutes(50));
    }

    static PredictionSegment Segment(string name, long records = 7) => new(name, records, 0, 0, new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Files_of_a_segment_are_listed_once()
    {
        Assert.IsType<PredictionsKept.Kept>(await Store.KeepPredictionsAsync(new(Segment("w/000001"), [File("credit", "a", 8), File("fraud", "b", 9)], []), 0, Go));
        Assert.IsType<PredictionsKept.Before>(await Store.KeepPredictionsAsync(new(Segment("w/000001"), [File("credit", "c", 8)], []), 0, Go));

        var (files, listed) = await Store.PredictionFilesAsync(null, ["w/000001", "w/000002"], Go);
        Assert.Equal([Digest.Of("b"), Digest.Of("a")], files.Select(f => f.Blob));
        Assert.Equal(["w/000001"], listed);
        var credit = Assert.Single((await Store.PredictionFilesAsync("credit", [], Go)).Files);
        Assert.Equal(File("credit", "a", 8) with { Number = credit.Number }, credit);
        Assert.Equal(Segment("w/000001"), Assert.Single(await Store.PredictionSegmentsAsync("w", Go)));
        Assert.Empty(await Store.PredictionSegmentsAsync("v", Go));
    }

    [Fact]
    public async Task One_file_takes_the_place_of_several_once()
    {
        await Store.KeepPredictionsAsync(new(Segment("w/000001"), [File("credit", "a", 8), File("credit", "b", 8)], []), 0, Go);
        long[] parts = [.. (await Store.PredictionFilesAsync("credit", [], Go)).Files.Select(f => f.Number)];

        Assert.IsType<PredictionsKept.Kept>(await Store.KeepPredictionsAsync(new(null, [File("credit", "ab", 8)], parts), 0, Go));
        Assert.IsType<PredictionsKept.Before>(await Store.KeepPredictionsAsync(new(null, [File("credit", "ab again", 8)], parts), 0, Go));

        Assert.Equal(Digest.Of("ab"), Assert.Single((await Store.PredictionFilesAsync("credit", [], Go)).Files).Blob);
        Assert.Equal([Digest.Of("ab")], await Store.ReferencedAsync(Go));
    }

    [Fact]
    public async Task A_collection_waits_for_no_file_of_the_log_and_a_file_for_the_collection()
    {
        await Store.KeepPredictionsAsync(new(Segment("w/000001"), [File("credit", "a", 8)], []), 0, Go);

        var doomed = await Store.DoomAsync([Digest.Of("a"), Digest.Of("orphan")], LivingProcess.Current, Go);
        Assert.Equal([Digest.Of("orphan")], doomed!.Doomed);
        var end = await Store.KeepPredictionsAsync(new(Segment("w/000002"), [File("credit", "orphan", 9)], []), 0, Go);

        Assert.Equal(1, Assert.IsType<PredictionsKept.Collected>(end).Now.Generation);
        Assert.Single((await Store.PredictionFilesAsync(null, [], Go)).Files);
    }

    [Fact]
    public async Task The_end_of_a_writer_takes_the_place_of_its_segments()
    {
        await Store.KeepPredictionsAsync(new(Segment("w/000001", 3), [], []), 0, Go);
        await Store.KeepPredictionsAsync(new(Segment("w/000002", 4), [], []), 0, Go);
        await Store.KeepPredictionsAsync(new(Segment("other/000001", 5), [], []), 0, Go);

        Assert.IsType<PredictionsKept.Kept>(await Store.KeepPredictionsAsync(new(Segment("w/end") with { Lost = 2 }, [], []) { EndOf = "w" }, 0, Go));
        Assert.IsType<PredictionsKept.Before>(await Store.KeepPredictionsAsync(new(Segment("w/end") with { Lost = 9 }, [], []) { EndOf = "w" }, 0, Go));

        Assert.Equal(["other/000001", "w/end"], (await Store.PredictionSegmentsAsync(null, Go)).Select(s => s.Name));
        Assert.Equal(2, (await Store.PredictionSegmentsAsync("w", Go)).Sum(s => s.Lost));
        await Store.KeepPredictionsAsync(new(null, [], []) { ForgetBefore = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero) }, 0, Go);
        Assert.Empty(await Store.PredictionSegmentsAsync(null, Go));
    }
}

using System.Globalization;
using System.Text;
using Kumiki.Making;
using Kumiki.Releasing;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Continuing.Tests;

public sealed record Cup(DateOnly Day, int Cups);

/// <summary>Cups sold a day, from CSV files.</summary>
sealed class Cups : Dataset<Cup>
{
    public override Source Source => Source.Csv("cups/*.csv");

    public override void Expect(Expectations<Cup> rows) => rows.Unique(c => c.Day);
}

/// <summary>What is read and written here is one text.</summary>
abstract class Text : Asset
{
    protected internal override async Task MakeAsync(MakingRun making, CancellationToken stop) =>
        await making.AddBytesAsync("text", Encoding.UTF8.GetBytes(await TextAsync(making, stop)), stop);

    protected abstract Task<string> TextAsync(MakingRun making, CancellationToken stop);

    protected static async Task<string> ReadAsync(MakingRun making, Asset input, CancellationToken stop) =>
        Encoding.UTF8.GetString(await making.Input(input).BytesAsync("text", stop));
}

/// <summary>How the market is, from a file.</summary>
sealed class Market : Text
{
    public override AssetKind Kind => AssetKind.Dataset;

    protected internal override IReadOnlyList<string> OutsideFiles(string projectFolder) => ["market.txt"];

    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop)
    {
        await making.TakeInAsync("market.txt", declared: true, stop);
#pragma warning disable KMK003 // it was taken in above
        var text = await File.ReadAllTextAsync(Path.Combine(making.ProjectFolder, "market.txt"), stop);
#pragma warning restore KMK003
        return text != "unreadable" ? text : throw new KumikiException(Message.Of("schedule.zone", ("zone", text)));
    }
}

/// <summary>Learns the market; can be held up while it does.</summary>
sealed class Taste(Cups cups, Market market) : Text
{
#pragma warning disable KMK004 // the test that holds it up runs alone
    internal static TaskCompletionSource? Began, MayEnd;
#pragma warning restore KMK004

    public override AssetKind Kind => AssetKind.Model;

    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop)
    {
        Began?.TrySetResult();
        if (MayEnd is { } end) await end.Task.WaitAsync(stop);
        var rows = await making.Input(cups).PathsAsync("rows", stop);
        var learnt = await ReadAsync(making, market, stop);
        return learnt != "broken" ? $"{learnt} after {rows.Count}" : throw new InvalidOperationException("The market broke it.");
    }
}

/// <summary>GO unless the market is bad.</summary>
sealed class TasteReport(Taste taste) : Text
{
    public override AssetKind Kind => AssetKind.Report;

    protected internal override EdgeKind EdgeTo(Asset input) => EdgeKind.Fit;

    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop)
    {
        var learnt = await ReadAsync(making, taste, stop);
        making.Check(new("goal", CheckKind.Goal, !learnt.StartsWith("bad", StringComparison.Ordinal),
            Message.Of("schedule.check", ("version", taste.Name), ("says", learnt))));
        return learnt;
    }
}

/// <summary>What the model in production says of the newest days.</summary>
sealed class Outlook(Taste taste, Cups cups) : Text
{
    public override AssetKind Kind => AssetKind.Predictions;

    protected internal override EdgeKind EdgeTo(Asset input) => input is Taste ? EdgeKind.Fit : EdgeKind.Scored;

    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) =>
        $"{await ReadAsync(making, taste, stop)} for {(await making.Input(cups).PathsAsync("rows", stop)).Count}";
}

/// <summary>Another model of the same cups, which keeps a release back when it is left behind.</summary>
sealed class OtherTaste(Cups cups) : Text
{
    public override AssetKind Kind => AssetKind.Model;

    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => $"{(await making.Input(cups).PathsAsync("rows", stop)).Count}";
}

abstract class Weekly(Taste taste, TasteReport report) : Schedule
{
    public override Cron When => Cron.Of("0 6 * * MON", zone: "Europe/Berlin");

    public override IReadOnlyList<Asset> Make => [report, taste];

    public override ReleasePolicy Release => ReleasePolicy.AtOnce;
}

sealed class WeeklyTaste(Taste taste, TasteReport report) : Weekly(taste, report);

sealed class NewsTaste(Taste taste, TasteReport report, Cups cups) : Weekly(taste, report)
{
    public override IReadOnlyList<Asset> NewData => [cups];
}

sealed class HeldTaste(Taste taste, TasteReport report) : Weekly(taste, report)
{
    public override ReleasePolicy Release => ReleasePolicy.After(TimeSpan.FromHours(24));
}

sealed class LeftTaste(Taste taste, TasteReport report) : Weekly(taste, report)
{
    public override ReleasePolicy Release => ReleasePolicy.ByPerson;
}

sealed class OutlookTaste(Taste taste, TasteReport report, Outlook outlook) : Weekly(taste, report)
{
    public override IReadOnlyList<Asset> Afterwards => [outlook];
}

sealed class SpokenTaste(Taste taste, TasteReport report, Outlook outlook) : Weekly(taste, report)
{
    public override IReadOnlyList<Asset> Make => [.. base.Make, outlook];

    public override IReadOnlyList<Asset> Afterwards => [outlook];
}

/// <summary>A data folder with one schedule, whose clock the test turns. It begins on Thursday, 1 January 2026.</summary>
sealed class ScheduleWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Monday = new(2026, 1, 5, 5, 0, 0, TimeSpan.Zero);        // 06:00 in Berlin

    readonly string root = Directory.CreateTempSubdirectory("kumiki-schedule-").FullName;
    readonly Project project;
    readonly DataFolder data, other;

    public ScheduleWorld(Type schedule)
    {
        Directory.CreateDirectory(Path.Combine(root, "program"));
        File.WriteAllText(Path.Combine(root, "program", "Taste.dll"), "the first code");
        project = new Project { Folder = root }.Add<Cups>().Add<Market>().Add<Taste>().Add<TasteReport>().Add<Outlook>().Add<OtherTaste>().Add(schedule);
        Name = AssetName.Of(schedule.Name);
        data = DataFolder.Open(Path.Combine(root, "data"), Clock);
        other = DataFolder.Open(Path.Combine(root, "data"), Clock);
        (Schedules, Others) = (Of(data), Of(other));
        Sold(1);
        Market("good");
    }

    public string Name { get; }
    public TurnedClock Clock { get; } = new();
    public Schedules Schedules { get; }

    /// <summary>The same in another process.</summary>
    public Schedules Others { get; }
    public IMetadataStore Store => data.Metadata;
    public Releases Releases => new(data.Metadata, data.Artifacts, Clock, "mika");

    Schedules Of(DataFolder folder) => new(At(folder), _ => Task.FromResult(Graph()));

    Workplace At(DataFolder folder) =>
        new(folder.Metadata, folder.Artifacts, ProgramClosure.Of(Path.Combine(root, "program"), "Taste"), root, Path.Combine(root, "checkpoints"),
        new Dictionary<string, string>(), ["false"], Clock);

    public ProjectGraph Graph() => ProjectGraph.Build(project);

    public Task<IReadOnlyList<MakingEnd>> MakeAsync(MakeOrder order) => new Maker(Graph(), At(data)).MakeAsync(order, null, default);

    /// <summary>Writes a week of sales, <paramref name="bad"/> of its seven rows unreadable.</summary>
    public void Sold(int week, int bad = 0, bool twice = false)
    {
        Directory.CreateDirectory(Path.Combine(root, "cups"));
        var lines = Enumerable.Range(0, 7)
            .Select(d => string.Create(CultureInfo.InvariantCulture, $"2025-{week:00}-{d + 1:00},{(d < bad ? "many" : week * 10 + d)}"));
        File.WriteAllLines(Path.Combine(root, $"cups/week{week}.csv"), ["day,cups", .. lines, .. twice ? [$"2025-{week:00}-07,3"] : Array.Empty<string>()]);
    }

    public void Market(string text) => File.WriteAllText(Path.Combine(root, "market.txt"), text);

    public void Code(string code) => File.WriteAllText(Path.Combine(root, "program", "Taste.dll"), code);

    /// <summary>Turns the clock to a Monday at six in Berlin and runs what is due.</summary>
    public async Task<OccurrenceRecord> MondayAsync(int week)
    {
        Clock.Now = Monday.AddDays(7 * week);
        return Assert.Single(await Schedules.RunDueAsync());
    }

    /// <summary>Lets the schedule be seen, so that its times count.</summary>
    public Task SeenAsync() => Schedules.PlanAsync();

    public async Task<string> ProductionAsync()
    {
        var production = await Store.ProductionAsync(default);
        return $"{production.Release}: {string.Join(' ', production.Set.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}@{s.Value}"))}";
    }

    public async Task<string> StagedAsync() => string.Join(' ', (await Store.StagesAsync(default)).Select(s => $"{s.Asset}@{s.Number}"));

    public async Task<string[]> AlertsAsync() =>
        [.. (await Store.AlertsAsync(null, open: true, 10, default)).Select(a => $"#{a.Occurrence} {a.Says.In("en")}")];

    public async ValueTask DisposeAsync()
    {
        await data.DisposeAsync();
        await other.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}

/// <summary>A clock that tests turn by hand.</summary>
sealed class TurnedClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

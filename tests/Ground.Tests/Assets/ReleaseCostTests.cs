using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Releasing.Tests;

/// <summary>A check of twice as much costs about twice as much, in bytes allocated, which a busy machine does not change; the time is printed.</summary>
public sealed class ReleaseCostTests(ITestOutputHelper output)
{
    /// <summary>Models of one family, each on its own part of the sales, with its threshold.</summary>
    static (Dictionary<VersionName, VersionRecord> Shelf, List<VersionName> Set) Family(int models, bool oneMovedOn)
    {
        var (shelf, set) = (new Dictionary<VersionName, VersionRecord>(), new List<VersionName>());
        var sales = Add(shelf, "sales", 1, AssetKind.Dataset);
        var newer = Add(shelf, "sales", 2, AssetKind.Dataset);
        var aim = Add(shelf, "aim", 1, AssetKind.Goal);
        for (var i = 0; i < models; i++)
        {
            var part = Add(shelf, $"part.s{i}", 1, AssetKind.Dataset, (oneMovedOn && i == 0 ? newer : sales, EdgeKind.Source));
            var model = Add(shelf, $"model.s{i}", 1, AssetKind.Model, (part, EdgeKind.Source), (aim, EdgeKind.Source));
            set.Add(model.Name);
            set.Add(Add(shelf, $"cut.s{i}", 1, AssetKind.Threshold, (model, EdgeKind.Fit)).Name);
        }
        return (shelf, set);
    }

    /// <summary>One model at the end of a line of data; and one on the newer version of where the line begins, if asked.</summary>
    static (Dictionary<VersionName, VersionRecord> Shelf, List<VersionName> Set) Line(int length, bool oneMovedOn)
    {
        var shelf = new Dictionary<VersionName, VersionRecord>();
        var last = Add(shelf, "step0", 1, AssetKind.Dataset);
        var newer = Add(shelf, "step0", 2, AssetKind.Dataset);
        for (var i = 1; i < length; i++) last = Add(shelf, $"step{i}", 1, AssetKind.Dataset, (last, EdgeKind.Source));
        var model = Add(shelf, "model", 1, AssetKind.Model, (last, EdgeKind.Source));
        var other = Add(shelf, "other", 1, AssetKind.Model, (oneMovedOn ? newer : last, EdgeKind.Source));
        return (shelf, [model.Name, other.Name]);
    }

    static VersionRecord Add(Dictionary<VersionName, VersionRecord> shelf, string asset, int number, AssetKind kind,
        params (VersionRecord From, EdgeKind Edge)[] inputs)
    {
        var name = new VersionName(asset, number);
        return shelf[name] = new()
        {
            Name = name,
            Kind = kind,
            Content = Digest.Of(name.ToString()),
            Files = [],
            Parts = new Dictionary<string, Digest> { [""] = Digest.Of(name.ToString()) },
            Inputs = [.. inputs.Select(i => new InputUse(i.From.Name, i.Edge, new Dictionary<string, Digest> { [""] = i.From.Parts[""] }))],
            RecipeKey = Digest.Of(asset),
            MadeBy = new(shelf.Count + 1),
            MadeAt = DateTimeOffset.UnixEpoch,
        };
    }

    [Theory]
    [InlineData("family", false, 0)]
    [InlineData("family", true, 999)]
    [InlineData("line", false, 0)]
    [InlineData("line", true, 1)]
    public void The_cost_grows_with_the_lineage_and_no_faster(string shape, bool oneMovedOn, int refusals)
    {
        var half = Check(500);
        var whole = Check(1_000);
        var deep = shape == "line" ? Check(20_000) : whole;

        Assert.Equal(refusals, whole.Refusals);
        Assert.InRange(whole.Bytes, half.Bytes * 1.5, half.Bytes * 2.5);
        Assert.InRange(deep.Bytes, whole.Bytes, whole.Bytes * 25L);
        output.WriteLine($"{shape}{(oneMovedOn ? ", one moved on" : "")}: 1,000 in {whole.Time.TotalMilliseconds:F1} ms, {whole.Bytes / 1024:N0} KiB");

        (long Bytes, TimeSpan Time, int Refusals) Check(int size)
        {
            var (shelf, set) = shape == "family" ? Family(size, oneMovedOn) : Line(size, oneMovedOn);
            ReleaseCheck.Of(shelf, Production.Empty, new(set, [], []));
            var (before, watch) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
            var findings = ReleaseCheck.Of(shelf, Production.Empty, new(set, [], []));
            return (GC.GetAllocatedBytesForCurrentThread() - before, watch.Elapsed, findings.Count(f => f.Severity == Severity.Refusal));
        }
    }
}

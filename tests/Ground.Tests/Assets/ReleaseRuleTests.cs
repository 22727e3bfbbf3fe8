using Xunit;

namespace Kumiki.Releasing.Tests;

/// <summary>Every rule over every named shape.</summary>
public sealed class ReleaseRuleTests
{
    public static TheoryData<Shape> Shapes { get; } = [.. Shape.All];

    [Theory, MemberData(nameof(Shapes))]
    public void A_set_that_fits_may_go_in_any_order_and_then_nothing_would_change(Shape shape)
    {
        var shelf = shape.Shelf();
        var set = shape.Fits.Split(' ');

        Assert.False(ReleaseCheck.Refuses(shelf.Check(shape.Fits)));
        Assert.False(ReleaseCheck.Refuses(shelf.Check(string.Join(' ', set.Reverse()))));
        Assert.False(ReleaseCheck.Refuses(shelf.Check($"{shape.Fits} {set[0]}")));
        Assert.Equal(["production holds this set already; nothing would change."], Said(shelf.Check(Shelf.Holding(set), shape.Fits)));
        Assert.Equal(["nothing is staged that differs from production; 'kumiki stage NAME@N' puts a version there, or name what to release."],
            Said(shelf.Check(Shelf.Holding(set), "")));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Another_version_under_a_fit_edge_is_refused_naming_the_pair(Shape shape)
    {
        foreach (var (version, needs) in FitEdges(shape))
        {
            var shelf = shape.Shelf();
            var other = needs with { Number = needs.Number + 100 };
            shelf.Put(shelf[needs.ToString()] with { Name = other, Parts = new Dictionary<string, Digest> { [""] = Digest.Of("other") } });

            var said = Said(shelf.Check(shape.Fits.Replace(needs.ToString(), other.ToString(), StringComparison.Ordinal)));

            Assert.Contains($"{version} was cut for {needs}, but production would hold {other}; make it again for {other}.", said);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_same_bytes_under_a_fit_edge_fit(Shape shape)
    {
        foreach (var (_, needs) in FitEdges(shape))
        {
            var shelf = shape.Shelf();
            var other = needs with { Number = needs.Number + 100 };
            shelf.Put(shelf[needs.ToString()] with { Name = other });

            Assert.False(ReleaseCheck.Refuses(shelf.Check(shape.Fits.Replace(needs.ToString(), other.ToString(), StringComparison.Ordinal))));
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void An_asset_may_leave_unless_something_that_stays_was_cut_for_it(Shape shape)
    {
        foreach (var asset in shape.Fits.Split(' ').Select(v => v.Split('@')[0]))
        {
            var needed = FitEdges(shape).Where(e => e.Needs.Asset == asset)
                .Select(e => $"{e.Version} was cut for {e.Needs}, which would leave production; take both out, or keep both.");

            var refused = shape.Shelf().Check(Shelf.Holding(shape.Fits.Split(' ')), $"--without {asset}").Where(f => f.Severity == Severity.Refusal);

            Assert.Equal(needed.Order(), Said(refused).Order());
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_newer_source_under_one_of_several_models_is_refused(Shape shape)
    {
        foreach (var (model, source) in SharedReads(shape))
        {
            var shelf = shape.Shelf();
            var newer = new VersionName(source.Asset, 100);
            var again = new VersionName(model.Asset, 100);
            var read = shelf[source.ToString()];
            shelf.Put(read with { Name = newer, Parts = read.Parts.ToDictionary(p => p.Key, p => Digest.Of($"newer {p.Key}")) });
            var made = shelf[model.ToString()];
            shelf.Put(made with
            {
                Name = again,
                Inputs = [.. made.Inputs.Select(i =>
                    i.Version == source ? i with { Version = newer, Read = i.Read.ToDictionary(p => p.Key, p => Digest.Of($"newer {p.Key}")) } : i)],
            });

            var findings = shelf.Check(shape.Fits.Replace(model.ToString(), again.ToString(), StringComparison.Ordinal));

            Assert.Contains(findings, f => f is { Rule: "source", Severity: Severity.Refusal } && f.Says.Values.Values.Contains(newer.ToString()));
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void What_read_the_undeclared_keeps_back_all_that_was_made_from_it(Shape shape)
    {
        foreach (var version in Reached(shape))
        {
            var shelf = shape.Shelf();
            shelf.Put(version with { Outside = [new("/etc/hosts", 1, 1, 1, Digest.Of(""), Declared: false)] });

            var findings = shelf.Check(shape.Fits).Where(f => f.Rule == "undeclared").ToList();

            Assert.Equal([$"{version.Name} read the file /etc/hosts, which it did not declare; make it part of a Source and make {version.Name} again."],
                Said(findings));
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_record_that_is_lost_is_refused_whoever_needs_it(Shape shape)
    {
        foreach (var version in Reached(shape))
        {
            var shelf = shape.Shelf().Versions.Where(v => v.Key != version.Name).ToDictionary();

            var findings = ReleaseCheck.Of(shelf, Shelf.Holding(shape.Fits.Split(' ')), new([], [], [], Gates: false));

            Assert.All(findings, f => Assert.Equal("lost", f.Rule));
            Assert.All(findings, f => Assert.Contains(version.Name.ToString(), f.Says.Values.Values));
            Assert.NotEmpty(findings);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_gate_keeps_back_what_enters_until_it_is_waived_by_name_and_never_a_rollback(Shape shape)
    {
        var asked = shape.Fits.Split(' ').Select(v => VersionName.Parse(v)).ToHashSet();
        foreach (var version in Reached(shape))
        {
            foreach (var kind in Enum.GetValues<CheckKind>())
            {
                var shelf = shape.Shelf();
                shelf.Put(version with { Checks = [new("sound", kind, Held: false, Message.Of("release.nothing"))] });
                var counts = asked.Contains(version.Name) || kind == CheckKind.Expectation;

                Assert.Equal(counts, ReleaseCheck.Refuses(shelf.Check(shape.Fits)));
                Assert.False(ReleaseCheck.Refuses(shelf.Check($"{shape.Fits} --waive '{version.Name}:sound=a bad week'")));
                Assert.False(ReleaseCheck.Refuses(ReleaseCheck.Of(shelf.Versions, Production.Empty, new([.. asked], [], [], Gates: false))));
                var noted = counts ? $"{version.Name}: the check 'sound' is waived: a bad week"
                    : $"the waiver of {version.Name}'s check 'sound' was not needed.";
                Assert.Contains(noted, Said(shelf.Check($"{shape.Fits} --waive '{version.Name}:sound=a bad week'")));
            }
        }
    }

    [Fact]
    public void A_reason_is_typed_so_that_a_shell_reads_it_as_one_word() =>
        Assert.Equal("kumiki release roaster@5 --without cut --waive 'roaster@5:goal=it'\\''s $HOME; rm'",
            ReleaseMends.Release(new([new("roaster", 5)], ["cut"], [new(new("roaster", 5), "goal", "it's $HOME; rm")])));

    static IEnumerable<string> Said(IEnumerable<Finding> findings) => findings.Select(f => f.Says.In("en"));

    static List<(VersionName Version, VersionName Needs)> FitEdges(Shape shape)
    {
        var shelf = shape.Shelf();
        return [.. shape.Fits.Split(' ').SelectMany(v => shelf[v].Inputs.Where(i => i.Edge == EdgeKind.Fit).Select(i => (shelf[v].Name, i.Version)))];
    }

    /// <summary>Direct reads of a source that another model of the set uses too, for models that are not apart from it.</summary>
    static List<(VersionName Model, VersionName Source)> SharedReads(Shape shape)
    {
        var shelf = shape.Shelf();
        var models = shape.Fits.Split(' ').Select(v => shelf[v]).Where(v => v.Kind == AssetKind.Model && v.Apart.Count == 0).ToList();
        return
        [
            .. from model in models
               from input in model.Inputs
               where input.Edge == EdgeKind.Source && models.Any(o => o != model && Lineage.Of(o.Name, shelf.Versions).Any(v => v.Name == input.Version))
               select (model.Name, input.Version),
        ];
    }

    static List<VersionRecord> Reached(Shape shape) => [.. Lineage.Of(shape.Fits.Split(' ').Select(v => VersionName.Parse(v)), shape.Shelf().Versions)];
}

using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Releasing.Tests;

/// <summary>The rule over projects at random.</summary>
public sealed class ReleaseTwinTests(ITestOutputHelper output)
{
    /// <summary>Ten times the cases, in a long run.</summary>
    static readonly bool Many = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";

    /// <summary>Rows of up to 800 bytes: what <see cref="Choices"/> decides from.</summary>
    static Arbitrary<byte[]> Rows { get; } = Arb.From(Gen.Choose(60, 800).SelectMany(n => Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(n)),
        ArbMap.Default.ArbFor<byte[]>().Shrinker);

    /// <summary>The same cases each time, unless KUMIKI_SEED asks for others; the second number of a seed must be odd.</summary>
    static Config Cases(int count, ulong seed)
    {
        var other = ulong.TryParse(Environment.GetEnvironmentVariable("KUMIKI_SEED"), CultureInfo.InvariantCulture, out var asked) ? asked : 0;
        return Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(seed + other, 0x9E3779B97F4A7C15);
    }

    [Fact]
    public void The_rule_and_its_slow_twin_agree_on_every_release_of_thousands()
    {
        var (went, refused) = (0, new Dictionary<string, int>());
        Prop.ForAll(Rows, row =>
        {
            var choices = new Choices(row);
            var project = new RandomProject(choices, strict: false);
            for (var round = 0; round < 6; round++)
            {
                project.Work(choices, steps: 12);
                var request = project.Order(choices);
                var findings = ReleaseCheck.Of(project.Shelf, project.Production, request);
                var goes = !ReleaseCheck.Refuses(findings);

                Assert.Equal(new SlowReleaseRule(project.Shelf.Values).MayGo(project.Production, request), goes);

                if (goes) project.Production = new(round + 1, round + 1, project.Production.Overlaid(request.Set, request.Without));
                went += goes ? 1 : 0;
                Count(refused, findings);
            }
        }).Check(Cases(Many ? 20_000 : 2_000, seed: 20250601));

        output.WriteLine($"{went} went live; refused: {string.Join(", ", refused)}");
        Assert.True(went > 1_000, $"Only {went} releases went live: the cases show little.");
        foreach (var rule in (string[])["release.source", "release.source-within", "release.fit-asked", "release.fit-other", "release.fit-missing",
            "release.fit-leaves", "release.gate", "release.undeclared-version"])
            Assert.True(refused.GetValueOrDefault(rule) > 50, $"{rule} came up {refused.GetValueOrDefault(rule)} times: the cases show little of it.");
    }

    [Fact]
    public void Making_and_staging_never_make_a_production_unfit()
    {
        Prop.ForAll(Rows, row =>
        {
            var choices = new Choices(row);
            var project = new RandomProject(choices, strict: true);
            for (var round = 0; round < 6; round++)
            {
                project.Work(choices, steps: 12);
                var request = project.Order(choices);
                if (ReleaseCheck.Refuses(ReleaseCheck.Of(project.Shelf, project.Production, request))) continue;
                project.Production = new(round + 1, round + 1, project.Production.Overlaid(request.Set, request.Without));
                project.Work(choices, steps: 8);

                Assert.True(new SlowReleaseRule(project.Shelf.Values).Fits(project.Production.Set));
            }
        }).Check(Cases(Many ? 5_000 : 400, seed: 7));
    }

    [Fact]
    public void Doing_what_the_first_mend_says_until_none_is_left_ends_in_a_release_or_with_a_person()
    {
        var (live, person, mendedLive, longest) = (0, new Dictionary<string, int>(), 0, 0);
        Prop.ForAll(Rows, row =>
        {
            var choices = new Choices(row);
            var project = new RandomProject(choices, strict: true);
            for (var round = 0; round < 4; round++)
            {
                project.Work(choices, steps: 20);
                var request = project.Order(choices);
                var done = new List<string>();
                for (var mended = 0; ; mended++)
                {
                    var refusals = ReleaseCheck.Of(project.Shelf, project.Production, request).Where(f => f.Severity == Severity.Refusal).ToList();
                    var next = refusals.FirstOrDefault(f => f.Mends.Count > 0);
                    if (next is null)
                    {
                        if (refusals.Count == 0) project.Production = new(round + 1, round + 1, project.Production.Overlaid(request.Set, request.Without));
                        if (refusals.Count == 0) live++;
                        if (refusals.Count == 0 && mended > 0) mendedLive++;
                        Count(person, refusals);
                        longest = Math.Max(longest, mended);
                        break;
                    }
                    var (before, versions) = (request, project.Shelf.Count);
                    done.Add($"{string.Join(' ', request.Set)}: {next}\n  → {next.Mends[0]}");
                    request = project.Do(next.Mends[0], request);
                    var isSame = versions == project.Shelf.Count && before.Set.ToHashSet().SetEquals(request.Set)
                        && before.Without.SequenceEqual(request.Without) && before.Waivers.SequenceEqual(request.Waivers);
                    Assert.False(isSame || mended > 100, $"This leads nowhere:\n{project}\n{string.Join('\n', done.TakeLast(12))}");
                }
            }
        }).Check(Cases(Many ? 5_000 : 400, seed: 42));

        output.WriteLine($"{live} ended live, {mendedLive} of them mended with up to {longest} steps; with a person: {string.Join(", ", person)}");
        Assert.True(mendedLive > 200, $"Only {mendedLive} were mended: the cases show little.");
        Assert.Empty(person.Keys.Except(["release.nothing", "release.nothing-asked", "release.twice", "release.in-and-out", "release.fit-unread"]));
    }

    static void Count(Dictionary<string, int> rules, IEnumerable<Finding> findings)
    {
        foreach (var rule in findings.Where(f => f.Severity == Severity.Refusal).Select(f => f.Says.Id)
            .Distinct()) rules[rule] = rules.GetValueOrDefault(rule) + 1;
    }
}

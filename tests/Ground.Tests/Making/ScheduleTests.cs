using Kumiki.Making;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class ScheduleTests
{
    static ProjectGraph Build(params Type[] schedules)
    {
        var project = new Project().Add<Beans>().Add<Roaster>().Add<Grinder>();
        foreach (var schedule in schedules) project.Add(schedule);
        return ProjectGraph.Build(project);
    }

    static string[] Says(params Type[] schedules) => [.. Build(schedules).Findings.Select(f => f.Says.In("en"))];

    sealed class WeeklyRoast(Roaster roaster) : Schedule
    {
        public override Cron When => Cron.Of("0 6 * * 1", zone: "Europe/Berlin");

        public override IReadOnlyList<Asset> Make => [roaster];
    }

    sealed class Lost(Roaster roaster, Grinder grinder) : Schedule
    {
        public override Cron When => Cron.Of("0 6 30 2 *", zone: "UTC");

        public override IReadOnlyList<Asset> Make => [roaster];

        public override IReadOnlyList<Asset> Stage => [grinder];

        public override double MostRejected => 1.5;

        public override ReleasePolicy Release => ReleasePolicy.After(TimeSpan.Zero);
    }

    sealed class Idle : Schedule
    {
        public override Cron When => Cron.Of("* * * * *", zone: "Nowhere");

        public override IReadOnlyList<Asset> Make => [];
    }

    sealed class Stranger(Picture picture) : Schedule
    {
        public override Cron When => Cron.Of("* * * * *", zone: "UTC");

        public override IReadOnlyList<Asset> Make => [picture];
    }

    sealed class Thief(Roaster roaster) : Schedule
    {
        public override Cron When => Cron.Of("* * * * *", zone: "UTC");

        public override IReadOnlyList<Asset> Make => [roaster, new Beans()];
    }

    sealed class Deaf(Roaster roaster, Grinder grinder) : Schedule
    {
        public override Cron When => Cron.Of("* * * * *", zone: "UTC");

        public override IReadOnlyList<Asset> Make => [roaster];

        public override IReadOnlyList<Asset> NewData => [grinder];
    }

    [Fact]
    public void A_schedule_is_built_with_the_assets_it_asks_for_and_is_none_itself()
    {
        var graph = Build(typeof(WeeklyRoast));

        Assert.True(graph.IsSound);
        Assert.Equal(["beans", "grinder", "roaster"], graph.Nodes.Select(n => n.Name));
        var schedule = Assert.Single(graph.Schedules);
        Assert.Equal(("weekly-roast", "0 6 * * 1 (Europe/Berlin)"), (schedule.Name, schedule.When.ToString()));
        Assert.Same(graph["roaster"].Instance, Assert.Single(schedule.Make));
        Assert.Same(schedule, graph.Schedule("weekly-roast"));
        Assert.Equal("There is no schedule 'daily'; there is: weekly-roast.", Assert.Throws<KumikiException>(() => graph.Schedule("daily")).Says.In("en"));
        Assert.StartsWith("There is no schedule 'daily': this project has none;",
            Assert.Throws<KumikiException>(() => Build().Schedule("daily")).Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_schedules_comes_all_at_once_when_the_graph_is_checked()
    {
        Assert.Equal(
        [
            "The schedule lost cannot tell when it is due: the cron expression '0 6 30 2 *' never comes due: the months it names have at most 29 days; name a day up to 29.",
            "The schedule lost stages grinder, which it does not make; name it in Make too.",
            "The schedule lost lets a share of 1.5 of the rows be rejected; give MostRejected a share from 0 to 1.",
            "The schedule lost holds releases back for 00:00:00; give ReleasePolicy.After a time above zero and up to 366 days.",
            "The schedule idle cannot tell when it is due: 'Nowhere' is no time zone of this machine; write an IANA name such as Europe/Berlin, Asia/Tokyo or UTC (Debian's package tzdata holds them).",
            "The schedule idle makes nothing; name at least one asset in Make.",
            "stranger asks for Picture, which is not part of the project; add it: project.Add<Picture>()",
            "The schedule thief names Beans, which its constructor did not ask for; add a constructor parameter for it.",
            "The schedule deaf waits for news in grinder, from which nothing in Make is made; name data in NewData that Make uses.",
        ], Says(typeof(Lost), typeof(Idle), typeof(Stranger), typeof(Thief), typeof(Deaf)));
        Assert.Throws<GraphException>(Build(typeof(Idle)).Sound);
    }
}

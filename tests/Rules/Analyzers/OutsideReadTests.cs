using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary>KMK003.</summary>
public sealed class OutsideReadTests
{
    [Theory]
    [InlineData("DateTime.Now", "the clock")]
    [InlineData("DateTime.UtcNow.Year", "the clock")]
    [InlineData("DateTime.Today", "the clock")]
    [InlineData("DateTimeOffset.Now", "the clock")]
    [InlineData("TimeProvider.System", "the clock")]
    [InlineData("System.Diagnostics.Stopwatch.StartNew()", "the clock")]
    [InlineData("System.Diagnostics.Stopwatch.GetTimestamp()", "the clock")]
    [InlineData("File.ReadAllText(\"a\")", "files by itself")]
    [InlineData("File.OpenRead(\"a\")", "files by itself")]
    [InlineData("File.Exists(\"a\")", "files by itself")]
    [InlineData("new[] { \"a\" }.Select(File.ReadAllText)", "files by itself")]
    [InlineData("Directory.GetFiles(\"a\")", "files by itself")]
    [InlineData("new FileInfo(\"a\").Length", "files by itself")]
    [InlineData("new FileInfo(\"a\").LastWriteTimeUtc", "files by itself")]
    [InlineData("new FileStream(\"a\", FileMode.Open)", "files by itself")]
    [InlineData("new StreamReader(\"a\")", "files by itself")]
    [InlineData("System.Xml.Linq.XDocument.Load(\"a\")", "files by itself")]
    [InlineData("Environment.GetEnvironmentVariable(\"A\")", "the machine's environment")]
    [InlineData("Environment.MachineName", "the machine's environment")]
    [InlineData("Environment.TickCount64", "the machine's environment")]
    [InlineData("TimeZoneInfo.Local", "the machine's environment")]
    [InlineData("new Random()", "unseeded random numbers")]
    [InlineData("Random.Shared.Next()", "unseeded random numbers")]
    [InlineData("Guid.NewGuid()", "unseeded random numbers")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator.GetInt32(3)", "unseeded random numbers")]
    [InlineData("\"a\".GetHashCode()", "a hash that differs from process to process")]
    [InlineData("HashCode.Combine(1, 2)", "a hash that differs from process to process")]
    [InlineData("new System.Net.Http.HttpClient()", "the network")]
    [InlineData("System.Net.Dns.GetHostName()", "the network")]
    [InlineData("new System.Net.Sockets.TcpClient()", "the network")]
    [InlineData("System.Diagnostics.Process.Start(\"a\")", "another program")]
    [InlineData("Console.ReadLine()", "the console")]
    [InlineData("Console.In", "the console")]
    public void Asset_code_that_reads_the_outside_is_an_error(string expression, string what)
    {
        var finding = Assert.Single(Author.Says($"public sealed class Sales : Dataset<int> {{ public object? Rows() => {expression}; }}"));

        Assert.StartsWith("KMK003 [", finding, StringComparison.Ordinal);
        Assert.Contains($"] Sales reads {what} (", finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new Random(7)")]
    [InlineData("new DateTime(2024, 1, 1).AddDays(1)")]
    [InlineData("nameof(DateTime.Now)")]
    [InlineData("new StreamReader(new MemoryStream())")]
    [InlineData("new FileStream(\"a\", FileMode.Create)")]
    [InlineData("Path.Combine(\"a\", \"b\")")]
    [InlineData("Environment.NewLine")]
    [InlineData("Guid.Parse(\"a\")")]
    [InlineData("System.Net.Http.HttpMethod.Get")]
    [InlineData("TimeProvider().GetUtcNow()")]
    [InlineData("3.GetHashCode()")]
    public void What_is_decided_by_its_arguments_is_fine(string expression) => Assert.Empty(Author.Says($$"""
        public abstract class Sales : Dataset<int>
        {
            public object? Rows() => {{expression}};
            protected abstract TimeProvider TimeProvider();
            public override int GetHashCode() => HashCode.Combine(1);
        }
        """));

    [Fact]
    public void The_sentence_says_what_to_use_instead() => Assert.Equal(
        ["KMK003 [DateTime.UtcNow] Sales reads the clock (DateTime.UtcNow), so the same inputs would not make the same version again; "
            + "use the clock that the making hands over"],
        Author.Says("public sealed class Sales : Dataset<int> { readonly DateTime since = DateTime.UtcNow; public DateTime Since => since; }"));

    [Fact]
    public void A_read_behind_other_code_is_reported_where_the_asset_calls_it_with_the_way_there() => Assert.Equal(
        [
            "KMK003 [Weeks.Last] Sales reads the clock (DateTime.Today through Weeks.Last → Days.Today), "
                + "so the same inputs would not make the same version again; "
                + "use the clock that the making hands over",
            "KMK003 [new Rates()] Sales reads files by itself (File.ReadAllLines through new Rates), so the same inputs would not make the same version again; "
                + "declare them as the Source of a dataset and ask for that, so that what was read is recorded",
            "KMK003 [1.Noisy()] Sales reads unseeded random numbers (Random.Shared through Noise.Noisy), "
                + "so the same inputs would not make the same version again; "
                + "seed them with the seed that the making hands over",
            "KMK003 [Zone.Name] Sales reads the machine's environment (TimeZoneInfo.Local through Zone.Name), "
                + "so the same inputs would not make the same version again; "
                + "make it a [Parameter], which is recorded with every version",
            "KMK003 [Zone.Name] Sales reads unseeded random numbers (Guid.NewGuid through new Zone), so the same inputs would not make the same version again; "
                + "seed them with the seed that the making hands over",
        ],
        Author.Says("""
            public static class Days { public static DateTime Today() => DateTime.Today; public static int Loop() => Weeks.Loop(); }
            public static class Weeks { public static DateTime Last => Days.Today().AddDays(-7); public static int Loop() => Days.Loop(); }
            public sealed class Rates { readonly string[] all; public Rates() => all = File.ReadAllLines("rates.csv"); public int Count => all.Length; }
            public static class Noise { public static int Noisy(this int n) => n + Random.Shared.Next(); }
            public static class Zone
            {
                public static readonly string Name = TimeZoneInfo.Local.Id;
                static readonly Guid Id;
                static Zone() => Id = Guid.NewGuid();
                public static Guid Own => Id;
            }
            public sealed class Sales : Dataset<int>
            {
                public object Rows() => (Weeks.Last, new Rates(), 1.Noisy());
                public string In => Zone.Name;
                public int Never => Weeks.Loop();
            }
            """).OrderBy(f => f.Contains("Zone", StringComparison.Ordinal)));

    [Fact]
    public void Code_that_calls_itself_and_reads_one_thing_twice_is_said_once_by_the_shortest_way() => Assert.Equal(
        ["KMK003 [Days.First()] Sales reads the clock (DateTime.Now through Days.First → Days.Near), so the same inputs would not make the same version again; "
            + "use the clock that the making hands over"],
        Author.Says("""
            public static class Days
            {
                public static DateTime First() => Far().Year > 2000 ? Near() : First();
                static DateTime Far() => Farther();
                static DateTime Farther() => Far().Year > 2000 ? DateTime.Today : First();
                static DateTime Near() => DateTime.Now.Year > 2000 ? DateTime.UtcNow : First();
            }
            public sealed class Sales : Dataset<int> { public DateTime At => Days.First(); }
            """));

    [Fact]
    public void Code_that_no_asset_reaches_may_read_what_it_likes() => Assert.Empty(Author.Says("""
        public static class Days { public static DateTime Today() => DateTime.Today; public static int Week(DateTime day) => day.DayOfYear / 7; }
        public sealed class Page { public DateTime Shown { get; } = DateTime.Now; }
        public sealed class Sales : Dataset<int> { public int Week => Days.Week(new DateTime(2024, 1, 1)); }
        """));

    [Fact]
    public void A_read_in_another_asset_is_said_there_alone() => Assert.Equal(
        ["KMK003 [DateTime.Today] Days reads the clock (DateTime.Today), so the same inputs would not make the same version again; "
            + "use the clock that the making hands over"],
        Author.Says("""
            public sealed class Days : Dataset<int> { public static DateTime Today() => DateTime.Today; }
            public sealed class Sales : Dataset<int> { public DateTime At => Days.Today(); }
            """));
}

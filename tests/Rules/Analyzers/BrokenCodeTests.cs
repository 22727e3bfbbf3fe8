using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary>Analyzers run while a line is being typed: whatever the code, they say something or nothing, and never fall over.</summary>
public sealed class BrokenCodeTests
{
    const string Whole = """
        namespace Shop;
        [Obsolete("gone")] [OnlyFor(typeof(Cut), typeof(Roaster))] public sealed class Sales : Dataset<int>;
        public sealed class Weekly(Sales sales, Family<Regional> all, Settings settings) : Dataset<int> { public DateTime At => Days.Today(); }
        public sealed class Regional(FamilyKey key) : Dataset<int> { static int made; [Parameter(Min = 1, Max = 5)] public int Rounds { get; init; } = 9; }
        public sealed class Roaster(Weekly weekly, Roaster self) : Model<int>
        { public event Action? Done; public double Mean => Score(1) + new Random().Next(); }
        public sealed class Cut(Roaster model) : Threshold(model) { public double Value => model.Mean; }
        public sealed record class Settings(int Rounds);
        public static class Days { public static DateTime Today() => DateTime.Today; }
        public sealed class Api(Roaster model) : Endpoint<int, bool> { public override object? Decision => nameof(DateTime.Now); }
        """;

    [Fact]
    public void Code_cut_off_at_any_place_does_not_crash()
    {
        Assert.Equal(
            ["CS0067", "CS0169", "CS9113", "KMK001", "KMK002", "KMK003", "KMK004", "KMK005", "KMK006", "KMK007", "KMK008", "KMK009", "KMK010"],
            Author.SaysIds(Whole).Order(StringComparer.Ordinal));
        for (var length = 3; length < Whole.Length; length += 11) Author.Says(Whole[..length]);
    }

    [Fact]
    public void Code_with_a_word_missing_does_not_crash()
    {
        var words = Whole.Split(' ');
        for (var i = 0; i < words.Length; i += 2) Author.Says(string.Join(' ', words.Where((_, at) => at != i)));
    }

    [Theory]
    [InlineData("class A : A { public A(A a) { } }")]
    [InlineData("class A : B { } class B : A { }")]
    [InlineData("class A(A a) : Dataset<A>; partial class A(B b) : Model<int>;")]
    [InlineData("[OnlyFor] class A : Dataset<int>; class B(A a) : Dataset<int>;")]
    [InlineData("[OnlyFor(null)] class A : Dataset<int>; class B(A a) : Dataset<int>;")]
    [InlineData("[OnlyFor(typeof(Missing))] class A : Dataset<int>; class B(A a) : Dataset<int>;")]
    [InlineData("[OnlyFor(typeof(int[]), typeof(List<>), typeof(void*))] class A : Dataset<int>; class B(A a) : Dataset<int>;")]
    [InlineData("[Obsolete(3)] class A : Dataset<int>; class B(A a) : Dataset<int>;")]
    [InlineData("class A(Missing m, Family<> f, Family<Missing> g, int[] h, ref int i, __arglist) : Dataset<int>;")]
    [InlineData("class A<T>(T t) : Dataset<T>; class B(A<B> b) : Dataset<int>; class C(A<C>.D d) : Dataset<int>;")]
    [InlineData("class A : Dataset<int> { [Parameter(Min = \"x\", Max = null)] public int X { get; init; } = ; [Parameter] public Missing Y { get; init; } }")]
    [InlineData("class A : Dataset<int> { static static int x; int this[] { set; } public int P { init; } event e; }")]
    [InlineData("class A : Dataset<int> { object o = new Missing().X(DateTime.Now, File.Read()); int M() => M() + this.Nothing + base.Nothing; }")]
    [InlineData("DateTime.Now.ToString(); class A() : Dataset<int>;")]
    [InlineData("struct A(int a) : Asset; interface I : Asset; enum E : Asset; record R(R r) : Asset;")]
    public void Code_that_means_nothing_does_not_crash(string source) => Assert.NotNull(Author.Says(source));
}

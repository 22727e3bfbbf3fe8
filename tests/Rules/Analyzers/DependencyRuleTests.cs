using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary>KMK002, 006, 007, 008 and 011.</summary>
public sealed class DependencyRuleTests
{
    [Fact]
    public void Data_that_is_only_for_one_asset_is_an_error_at_any_other() => Assert.Equal(
        [
            "KMK002 [Salaries] Forecast asks for Salaries, which is only for PayModel; "
                + "take Salaries out of this constructor, or add typeof(Forecast) to [OnlyFor] on Salaries",
            "KMK002 [PayModel] Forecast asks for PayModel, which is only for Audit, Payslip; "
                + "take PayModel out of this constructor, or add typeof(Forecast) to [OnlyFor] on PayModel",
        ],
        Author.Says("""
            [OnlyFor(typeof(PayModel))] public sealed class Salaries : Dataset<int>;
            [OnlyFor(typeof(Audit), typeof(Payslip))] public sealed class PayModel(Salaries salaries) : Model<int>;
            public sealed class Audit(PayModel model) : BatchPrediction<int>;
            public sealed class Payslip(PayModel model) : BatchPrediction<int>;
            public sealed class Forecast(Salaries salaries, PayModel model) : BatchPrediction<int>;
            """));

    [Fact]
    public void The_mark_on_a_base_class_holds_for_what_derives_from_it_and_for_families() => Assert.Equal(
        ["KMK002 [Shop] Forecast asks for Shop, which is only for PayModel; take Shop out of this constructor, or add typeof(Forecast) to [OnlyFor] on Shop",
         "KMK002 [Family<Region>] Forecast asks for Region, which is only for PayModel; "
             + "take Region out of this constructor, or add typeof(Forecast) to [OnlyFor] on Region"],
        Author.Says("""
            [OnlyFor(typeof(PayModel))] public abstract class Personal : Dataset<int>;
            public sealed class Shop : Personal;
            public sealed class Region(FamilyKey key) : Personal { public string Key => key.Slug; }
            public sealed class PayModel(Shop shop, Family<Region> regions) : Model<int>;
            public sealed class Forecast(Shop shop, Family<Region> regions) : BatchPrediction<int>;
            """));

    const string ModelAndCut = """
        public sealed class Violations : Model<int>;
        public sealed class Cut(Violations model) : Threshold(model);
        """;

    [Fact]
    public void An_endpoint_that_takes_a_model_without_its_threshold_is_warned() => Assert.Equal(
        ["KMK006 [Violations] Moderation asks for Violations but not for Cut, which is chosen on it; "
            + "ask for Cut too, so that a release holds both to each other"],
        Author.Says(ModelAndCut + """
            public sealed class Moderation(Violations model) : Endpoint<int, bool> { public override object? Decision => model.Score(1) > 0.5; }
            """));

    [Fact]
    public void An_endpoint_with_the_threshold_or_a_model_that_has_none_is_fine() => Assert.Empty(Author.Says(ModelAndCut + """
        public sealed class StricterCut(Violations model) : Threshold(model);
        public sealed class Ranking : Model<int>;
        public sealed class Moderation(Violations model, StricterCut cut) : Endpoint<int, bool> { public override object? Decision => cut.Of; }
        public sealed class Search(Ranking model) : Endpoint<int, int>;
        public sealed class Nightly(Violations model) : BatchPrediction<int>;
        """));

    [Fact]
    public void What_is_no_asset_cannot_be_asked_for() => Assert.Equal(
        [
            "KMK007 [int] DemandModel asks for int, which is not an asset; "
                + "make it a [Parameter] property with a default, so that it is recorded and can be set",
            "KMK007 [Settings] DemandModel asks for Settings, which is not an asset; ask for the asset that holds it, or build it within the class",
            "KMK007 [Dataset<int>] DemandModel asks for Dataset<int>, which is abstract, so that no version of it is ever made; "
                + "ask for one of the assets that derive from it",
            "KMK007 [Family<Settings>] DemandModel asks for Family<Settings>, which is not an asset; "
                + "ask for the asset that holds it, or build it within the class",
        ],
        Author.Says("""
            public sealed class Settings;
            public sealed class DemandModel : Model<int>
            {
                public DemandModel(int rounds, Settings settings, Dataset<int> rows, Family<Settings> all) { }
            }
            """));

    [Fact]
    public void An_abstract_class_may_ask_for_anything_and_a_private_constructor_too() => Assert.Empty(Author.Says("""
        public sealed class Sales : Dataset<int>;
        public abstract class Common(Dataset<int> rows, int count) : Model<int> { public object Rows => rows; public int Count => count; }
        public sealed class DemandModel(Sales sales) : Common(sales, 3);
        public sealed class Regional(FamilyKey key) : Model<int> { public string Key => key.Slug; private Regional(int n) : this(new FamilyKey()) => _ = n; }
        """));

    [Fact]
    public void A_circle_is_named_with_its_path_once() => Assert.Equal(
        [
            "KMK008 [Alpha] Alpha is made from itself: Alpha → Beta → Gamma → Alpha; "
                + "take one of these constructor parameters away, for instance by splitting off what both need",
            "KMK008 [Self] Self is made from itself: Self → Self; take one of these constructor parameters away, for instance by splitting off what both need",
        ],
        Author.Says("""
            public sealed class Gamma(Alpha alpha) : Dataset<int>;
            public sealed class Beta(Family<Gamma> gamma) : Dataset<int>;
            public sealed class Alpha(Beta beta, Sales sales) : Dataset<int>;
            public sealed class Sales : Dataset<int>;
            public sealed class Below(Alpha alpha, Sales sales) : Dataset<int>;
            public sealed class Self(Self self) : Dataset<int>;
            """));

    [Fact]
    public void A_diamond_is_no_circle() => Assert.Empty(Author.Says("""
        public sealed class Top : Dataset<int>;
        public sealed class Left(Top top) : Dataset<int>;
        public sealed class Right(Top top) : Dataset<int>;
        public sealed class Bottom(Left left, Right right, Top top) : Dataset<int>;
        """));

    [Fact]
    public void Two_classes_that_would_be_one_asset_are_both_named() => Assert.Equal(
        [
            "KMK011 [HttpModel] A.HttpModel and B.HTTPModel would both be the asset 'http-model'; rename one of the classes",
            "KMK011 [HTTPModel] B.HTTPModel and A.HttpModel would both be the asset 'http-model'; rename one of the classes",
        ],
        Author.Says("""
            namespace A { public sealed class HttpModel : Model<int>; public abstract class Shared : Model<int>; public sealed class Row; }
            namespace B { public sealed class HTTPModel : Model<int>; public sealed class Shared : Model<int>; public sealed class Row; }
            """));

    [Theory]
    [InlineData("DemandModel")]
    [InlineData("URLIndex2")]
    [InlineData("Demand_Model")]
    [InlineData("A1B2c")]
    [InlineData("X")]
    [InlineData("ÄpfelModel")]
    [InlineData("IOStreamHTTP")]
    public void The_analyzer_names_assets_as_the_platform_does(string className) => Assert.Contains(
        $"'{AssetName.Of(className)}'",
        Author.Says($$"""
            namespace A { public sealed class {{className}} : Model<int>; }
            namespace B { public sealed class {{className}} : Model<int>; }
            """)[0],
        StringComparison.Ordinal);
}

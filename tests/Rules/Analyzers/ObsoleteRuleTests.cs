using Microsoft.CodeAnalysis;
using Xunit;

namespace Kumiki.Rules.Analyzers;

public sealed class ObsoleteRuleTests
{
    [Fact]
    public void Whoever_asks_for_an_obsolete_asset_is_warned_once_with_both_names_and_the_way_out() => Assert.Equal(
        ["KMK001 [OldSales] DemandModel is made from OldSales, which is obsolete: ask for Sales, which has returns"],
        Author.Says("""
            [Obsolete("ask for Sales, which has returns")] public sealed class OldSales : Dataset<int>;
            public sealed class DemandModel(OldSales sales) : Model<int>;
            """));

    [Fact]
    public void A_mark_without_words_and_a_family_are_warned_of_too() => Assert.Equal(
        [
            "KMK001 [OldSales] DemandModel is made from OldSales, which is obsolete",
            "KMK001 [Family<Regional>] DemandModel is made from Regional, which is obsolete: regions merged",
        ],
        Author.Says("""
            [Obsolete] public sealed class OldSales : Dataset<int>;
            [Obsolete("regions merged")] public sealed class Regional(FamilyKey key) : Dataset<int> { public string Key => key.Slug; }
            public sealed class DemandModel(OldSales sales, Family<Regional> regions) : Model<int>;
            """));

    [Fact]
    public void Whoever_is_made_from_it_further_down_is_told_the_way_it_comes()
    {
        const string Source = """
            [Obsolete("ask for Sales")] public sealed class OldSales : Dataset<int>;
            public sealed class Weekly(OldSales sales) : Dataset<int>;
            public sealed class DemandModel(Weekly weekly) : Model<int>;
            public sealed class Forecast(DemandModel model) : BatchPrediction<int>;
            """;

        Assert.Equal(
            [
                "KMK001 [OldSales] Weekly is made from OldSales, which is obsolete: ask for Sales",
                "KMK010 [Weekly] DemandModel is made from OldSales, which is obsolete: ask for Sales (DemandModel → Weekly → OldSales)",
                "KMK010 [DemandModel] Forecast is made from OldSales, which is obsolete: ask for Sales (Forecast → DemandModel → Weekly → OldSales)",
            ],
            Author.Says(Source));
        Assert.Equal(
            [DiagnosticSeverity.Warning, DiagnosticSeverity.Info, DiagnosticSeverity.Info],
            Author.Diagnostics(Source).Where(d => d.Id.StartsWith("KMK", StringComparison.Ordinal)).Select(d => d.Severity));
    }

    [Fact]
    public void What_is_obsolete_itself_may_use_what_is_obsolete() => Assert.Empty(Author.Says("""
        [Obsolete] public sealed class OldSales : Dataset<int>;
        [Obsolete] public sealed class OldModel(OldSales sales) : Model<int>;
        """));

    [Fact]
    public void An_obsolete_asset_named_elsewhere_stays_the_compilers_warning() => Assert.Equal(
        ["CS0618 [OldSales] 'OldSales' is obsolete: 'gone'"],
        Author.Says("""
            [Obsolete("gone")] public sealed class OldSales : Dataset<int>;
            public sealed class DemandModel : Model<int> { public static Type Was => typeof(OldSales); }
            """));

    [Fact]
    public void An_obsolete_class_that_is_no_asset_stays_the_compilers_warning() => Assert.Equal(
        ["CS0618", "KMK007"],
        Author.SaysIds("""
            [Obsolete("gone")] public sealed class Settings;
            public sealed class DemandModel(Settings settings) : Model<int> { public Settings Now => settings; }
            """));

    [Fact]
    public void A_mark_that_is_an_error_is_said_once_by_the_compiler() => Assert.Equal(
        ["CS0619"],
        Author.SaysIds("""
            [Obsolete("gone", true)] public sealed class OldSales : Dataset<int>;
            public sealed class DemandModel(OldSales sales) : Model<int>;
            """));
}

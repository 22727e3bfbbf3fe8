using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary>KMK004 and KMK005.</summary>
public sealed class StateTests
{
    [Fact]
    public void What_is_static_and_can_change_is_an_error() => Assert.Equal(
        [
            "KMK004 [made] DemandModel.made is static and can change, but makings and releases of DemandModel run side by side in one process; "
                + "make it readonly",
            "KMK004 [Latest] DemandModel.Latest is static and can change, but makings and releases of DemandModel run side by side in one process; "
                + "make it get-only",
            "KMK004 [Done] DemandModel.Done is static and can change, but makings and releases of DemandModel run side by side in one process; "
                + "make it a value that is asked for, as an asset has nobody to tell",
        ],
        Author.Says("""
            public abstract class DemandModel : Model<int>
            {
                internal static int made = 3;
                public static string? Latest { get; private set; }
                public static event Action? Done { add { } remove { } }
            }
            """));

    [Fact]
    public void What_can_change_in_an_instance_is_an_error() => Assert.Equal(
        [
            "KMK005 [rounds] DemandModel.rounds can be changed after DemandModel was built, but an asset is shared by all who ask for it; make it readonly",
            "KMK005 [Depth] DemandModel.Depth can be changed after DemandModel was built, but an asset is shared by all who ask for it; "
                + "make it get-only or init",
            "KMK005 [this] DemandModel.this[] can be changed after DemandModel was built, but an asset is shared by all who ask for it; "
                + "make it get-only or init",
        ],
        Author.Says("""
            public sealed class DemandModel : Model<int>
            {
                public int rounds = 3;
                public int Depth { get; set; }
                public int this[int at] { get => at; set { } }
            }
            """));

    [Fact]
    public void What_is_fixed_once_built_is_fine_and_other_classes_may_change() => Assert.Empty(Author.Says("""
        public sealed class DemandModel : Model<int>
        {
            const int Weeks = 8;
            static readonly int[] Lags = [1, 2, Weeks];
            readonly int depth = Lags[0];
            static int Longest => Lags[2];
            public int Rounds { get; init; } = 300;
            public int Depth => depth + Longest;
            public int Width { get; } = 2;
            sealed class Counter { public int Count { get; set; } public static int All = 3; }
        }
        public sealed class Page { public static int Shown { get; set; } public int Size; }
        """));
}

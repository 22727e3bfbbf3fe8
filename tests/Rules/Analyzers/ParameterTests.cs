using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary>KMK009.</summary>
public sealed class ParameterTests
{
    [Theory]
    [InlineData("[Parameter] public int Rounds { get; set; } = 300;", "it has no init accessor, so a making could not set it; declare it { get; init; }")]
    [InlineData("[Parameter] public int Rounds => 300;", "it has no init accessor, so a making could not set it; declare it { get; init; }")]
    [InlineData("[Parameter] public static int Rounds { get; set; } = 300;",
        "it has no init accessor, so a making could not set it; declare it { get; init; }")]
    [InlineData("[Parameter] public float Rounds { get; init; } = 3;", "it is of type float; use int, long, double, decimal, bool, string or an enum")]
    [InlineData("[Parameter] public int? Rounds { get; init; } = 3;", "it is of type int?; use int, long, double, decimal, bool, string or an enum")]
    [InlineData("[Parameter] public List<int> Rounds { get; init; } = [];", "it is of type List<int>; use int, long, double, decimal, bool, string or an enum")]
    [InlineData("[Parameter(Min = 1)] public int Rounds { get; init; }",
        "its default 0 is below its Min of 1; choose a default within the range, or widen the range")]
    [InlineData("[Parameter(Min = 1)] public int Rounds { get; init; } = -2;",
        "its default -2 is below its Min of 1; choose a default within the range, or widen the range")]
    [InlineData("[Parameter(Min = 0, Max = 0.5)] public double Rounds { get; init; } = 2 * 0.3;",
        "its default 0.6 is above its Max of 0.5; choose a default within the range, or widen the range")]
    [InlineData("[Parameter(Max = 10)] public decimal Rounds { get; init; } = 10.5m;",
        "its default 10.5 is above its Max of 10; choose a default within the range, or widen the range")]
    [InlineData("[Parameter] public double Rounds { get; init; } = double.NaN;",
        "its default NaN is not a number; choose a default within the range, or widen the range")]
    [InlineData("[Parameter(Min = 5, Max = 2)] public int Rounds { get; init; } = 3;", "its range from 5 to 2 is empty; swap Min and Max")]
    public void A_parameter_that_could_not_be_set_or_starts_out_of_range_is_an_error(string property, string problem) => Assert.Equal(
        [$"KMK009 [Rounds] DemandModel.Rounds cannot be a parameter: {problem}"],
        Author.Says($"public sealed class DemandModel : Model<int> {{ {property} }}"));

    [Theory]
    [InlineData("[Parameter(Min = 1, Max = 300)] public int Rounds { get; init; } = 300;")]
    [InlineData("[Parameter(Min = 1)] public long Rounds { get; init; } = 1;")]
    [InlineData("[Parameter(Min = 1)] public required int Rounds { get; init; }")]
    [InlineData("[Parameter(Min = 1)] public int Rounds { get; init; } public DemandModel() => Rounds = 3;")]
    [InlineData("[Parameter(Min = 1)] public int Rounds { get; init; } = int.Parse(\"0\");")]
    [InlineData("[Parameter] public string? Rounds { get; init; }")]
    [InlineData("[Parameter] public bool Rounds { get; init; } = true;")]
    [InlineData("[Parameter] public DayOfWeek Rounds { get; init; } = DayOfWeek.Monday;")]
    [InlineData("public float Rounds { get; init; } = 3;")]
    public void A_plain_property_with_a_default_in_range_is_fine(string property) =>
        Assert.Empty(Author.Says($"public sealed class DemandModel : Model<int> {{ {property} }}"));

    [Fact]
    public void Classes_that_are_no_assets_are_left_alone() =>
        Assert.Empty(Author.Says("public sealed class Settings { [Parameter(Min = 1)] public float Rounds { get; set; } }"));
}

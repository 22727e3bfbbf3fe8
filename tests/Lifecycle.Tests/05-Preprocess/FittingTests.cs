using Kumiki.Preprocessing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class FittingTests
{
    public static TheoryData<int> Columns { get; } = [.. Enumerable.Range(0, Golden.Root.GetProperty("columns").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Columns))]
    public void What_is_learnt_of_a_column_is_what_scikit_learn_learns(int number)
    {
        var column = Golden.Root.GetProperty("columns")[number];
        var values = Golden.Numbers(column.GetProperty("values"));

        Near("median", Fitting.ImputedValue(Impute.Median, values, new(values.Length))!.Value);
        Near("mean", Fitting.ImputedValue(Impute.Mean, values, new(values.Length))!.Value);
        Near("mostFrequent", Fitting.ImputedValue(Impute.MostFrequent, values, new(values.Length))!.Value);
        var (mean, deviation) = Fitting.MeanAndDeviation(values)!.Value;
        Near("scaleMean", mean);
        Near("scale", deviation == 0 ? 1 : deviation);

        void Near(string name, double found)
        {
            var expected = column.GetProperty(name).GetDouble();
            Assert.True(Math.Abs(found - expected) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"{column.GetProperty("name")}, {name}: {found:R} instead of {expected:R}");
        }
    }

    [Fact]
    public void A_column_without_any_value_has_nothing_to_learn()
    {
        Assert.Null(Fitting.ImputedValue(Impute.Median, [double.NaN, double.NaN], new(2)));
        Assert.Null(Fitting.MeanAndDeviation([]));
        Assert.Equal(0, Fitting.ImputedValue(Impute.Zero, [double.NaN], new(1)));
    }
}

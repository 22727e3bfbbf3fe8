using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class CalibrationTests
{
    [Fact]
    public void Bins_are_scikit_learns_and_the_parts_make_up_the_brier_score()
    {
        foreach (var given in Golden.Of("calibration").EnumerateArray())
        {
            double[] probabilities = given.Numbers("probabilities"), truth = given.Numbers("truth"), weights = given.Numbers("weights");
            foreach (var (name, by) in new[] { ("width", Binning.EqualWidth), ("count", Binning.EqualCount) })
            {
                var found = Calibration.Reliability(probabilities, truth, 10, by, weights);
                if (given.TryGetProperty(name, out var bins))
                {
                    Golden.Same(bins.Numbers("mean"), [.. found.Bins.Select(b => b.Predicted)], $"{name} predicted");
                    Golden.Same(bins.Numbers("share"), [.. found.Bins.Select(b => b.Observed)], $"{name} observed");
                }
                var parts = found.Brier;
                Golden.Same(given.Number("brier"), parts.Reliability - parts.Resolution + parts.Uncertainty + parts.WithinBins, "parts");
                Assert.Equal(weights.Length == 0 ? truth.Length : weights.Sum(), found.Bins.Sum(b => b.Weight), 1e-9);
                Assert.Equal(found.Bins.Max(b => Math.Abs(b.Predicted - b.Observed)), found.MaxError);
            }
            if (given.TryGetProperty("ece", out var expected))
                Golden.Same(expected.GetDouble(), Calibration.Reliability(probabilities, truth, 10, Binning.EqualWidth, weights).ExpectedError, "ece");
            var line = Calibration.Line(probabilities, truth, weights);
            Golden.Same(given.Numbers("line"), [line.Slope, line.Intercept, line.InterceptAtSlopeOne], "line");
        }
    }

    [Fact]
    public void Bins_that_hold_one_probability_each_leave_nothing_within()
    {
        var found = Calibration.Reliability([0.25, 0.25, 0.75, 0.75], [0, 1, 1, 1], 2);

        Assert.Equal([new(0, 0.5, 2, 0.25, 0.5), new(0.5, 1, 2, 0.75, 1)], found.Bins);
        Assert.Equal(new BrierParts(0.0625, 0.0625, 0.1875, 0), found.Brier);
        Assert.Equal((0.25, 0.25), (found.ExpectedError, found.MaxError));
    }

    [Fact]
    public void Equal_counts_by_weight_put_the_same_weight_in_each_bin()
    {
        var found = Calibration.Reliability([0.1, 0.2, 0.3, 0.4], [0, 1, 1, 1], 2, Binning.EqualCount, [3, 1, 1, 1]);

        Assert.Equal([3.0, 3.0], found.Bins.Select(b => b.Weight));
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because("Reliability found 1.01 among the probabilities, in row 2", () => Calibration.Reliability([0.5, 1.01], [0, 1]));
        Refused.Because("Reliability found 0.5 among the truths, in row 1", () => Calibration.Reliability([0.5, 1], [0.5, 1]));
        Refused.Undefined("Reliability needs at least one row", () => Calibration.Reliability([], []));
        Refused.Undefined("Reliability cannot be measured because the weights", () => Calibration.Reliability([0.5], [0], 10, Binning.EqualWidth, [0]));
        Refused.Undefined("The calibration line compares", () => Calibration.Line([0.5, 0.6], [1, 1]));
        Refused.Undefined("The calibration line has no finite answer", () => Calibration.Line([0.2, 0.3, 0.8, 0.9], [0, 0, 1, 1]));
        Refused.Undefined("The calibration line has no finite answer", () => Calibration.Line([0.5, 0.5, 0.5], [0, 1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calibration.Reliability([0.5], [0], 0));
        Assert.Throws<ArgumentException>(() => Calibration.Line([0.5], [0, 1]));
    }
}

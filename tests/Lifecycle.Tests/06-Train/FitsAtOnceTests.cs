using System.Collections.Concurrent;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class FitsAtOnceTests
{
    [Fact]
    public void Fits_at_the_same_time_on_one_frame_have_the_bits_of_one_alone()
    {
        using var world = new ToyWorld(Toy.Rows(300, seed: 3));
        var alone = Fit();
        var found = new ConcurrentBag<Digest>();

        Parallel.For(0, 150, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => found.Add(Fit()));

        Assert.Equal([alone], found.Distinct());

        Digest Fit()
        {
            var learner = new Features<ToyRow>([]).Impute(r => r.Price, Impute.Median, indicator: true).Scale(r => r.Weight).OneHot(r => r.Place).Number(r => r.Day)
                .Then(new Trees<ToyRow>().Regression(r => r.Sold, rounds: 15, depth: 5, learningRate: 0.3));
            var target = TargetColumn.Of(learner.Algorithm, world.Frame, world.All);
            return Digest.Of(ModelFit.Of("toy", learner, world.Frame, target, world.All[..200], [], new(0, default)).Graph.ToBytes());
        }
    }
}

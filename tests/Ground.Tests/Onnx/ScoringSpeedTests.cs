using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class ScoringSpeedTests
{
    sealed class Ticking : TimeProvider
    {
        long now;

        public override long TimestampFrequency => 10;
        public override long GetTimestamp() => now += 10;
    }

    [Fact]
    public void Both_sides_are_rows_by_the_seconds_of_the_clock()
    {
        var speed = ScoringSpeed.Of(World.Model.ToBytes(), World.Rows(1000, seed: 1), passes: 2, new Ticking(), new() { BlockRows = 300 });

        Assert.Equal((1000, 1000, 1), (speed.RowsPerSecond, speed.BareRowsPerSecond, speed.Ratio));
    }
}

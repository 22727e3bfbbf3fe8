using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests;

public sealed class IdleMemoryTests
{
    const long MiB = 1 << 20;

    [Fact]
    public void Memory_is_given_back_once_when_nothing_more_is_asked()
    {
        var looks = new IdleMemory.Looks();

        Assert.False(looks.IsDue(20 * MiB, 30 * MiB, left: 0));                  // it starts
        Assert.False(looks.IsDue(50 * MiB, 60 * MiB, left: 0));                  // it is asked
        Assert.True(looks.IsDue((50 * MiB) + 1000, 60 * MiB, left: 0));
        Assert.False(looks.IsDue((50 * MiB) + 2000, 10 * MiB, left: 0));         // nothing came since
        Assert.False(looks.IsDue(53 * MiB, 13 * MiB, left: 0));
        Assert.False(looks.IsDue((53 * MiB) + 1000, 13 * MiB, left: 0));         // too little did
        Assert.True(looks.IsDue((53 * MiB) + 2000, 13 * MiB, left: 1));          // but a model left
        Assert.False(looks.IsDue((53 * MiB) + 3000, 13 * MiB, left: 1));
    }

    [Fact]
    public void Metrics_that_are_scraped_for_hours_are_no_reason_not_to_but_a_great_heap_is()
    {
        var looks = new IdleMemory.Looks();
        looks.IsDue(20 * MiB, 30 * MiB, left: 0);

        Assert.True(looks.IsDue((20 * MiB) + 200_000, 30 * MiB, left: 0));
        Assert.Equal(2, Enumerable.Range(0, 48).Count(i => looks.IsDue((20 * MiB) + (200_000 * (i + 2)), 30 * MiB, left: 0)));
        looks.IsDue(90 * MiB, 30 * MiB, left: 0);
        Assert.False(looks.IsDue(90 * MiB, 257 * MiB, left: 0));
    }
}

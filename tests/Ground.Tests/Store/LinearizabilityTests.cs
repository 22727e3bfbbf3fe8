using Xunit;

namespace Kumiki.Store.Tests;

public sealed class LinearizabilityTests
{
    sealed record Register(int Value);

    static Operation<Register> Write(int value, long asked, long? answered) => new($"write {value}", asked, answered, _ => new(value));

    static Operation<Register> Read(int value, long asked, long answered) => new($"read {value}", asked, answered, r => r.Value == value ? r : null);

    static Operation<Register> Swap(int from, int to, bool done, long asked, long answered) =>
        new($"swap {from} {to} {done}", asked, answered, r => (r.Value == from) != done ? null : done ? new(to) : r);

    static bool IsLinearizable(params IReadOnlyList<Operation<Register>> history) => Linearizability.Fault(new(0), history) is null;

    [Fact]
    public void What_could_have_been_one_copy_is_accepted()
    {
        Assert.True(IsLinearizable());
        Assert.True(IsLinearizable(Write(1, 0, 1), Read(1, 2, 3)));
        Assert.True(IsLinearizable(Write(1, 0, 10), Read(0, 1, 2), Read(1, 3, 4)));
        Assert.True(IsLinearizable(Write(1, 0, 10), Write(2, 0, 10), Read(1, 11, 12)));
        Assert.True(IsLinearizable(Swap(0, 1, true, 0, 10), Swap(0, 2, false, 0, 10), Read(1, 11, 12)));
        Assert.True(IsLinearizable(Write(1, 0, null), Read(0, 1, 2), Read(1, 50, 51)));
        Assert.True(IsLinearizable(Write(1, 0, null), Read(0, 50, 51)));
    }

    [Fact]
    public void What_could_not_is_refused()
    {
        Assert.False(IsLinearizable(Read(1, 0, 1)));
        Assert.False(IsLinearizable(Write(1, 0, 1), Read(0, 2, 3)));                                                  // stale
        Assert.False(IsLinearizable(Write(1, 0, 10), Read(1, 1, 2), Read(0, 3, 4)));                                  // back again
        Assert.False(IsLinearizable(Write(1, 0, 10), Write(2, 0, 10), Read(1, 11, 12), Read(2, 13, 14)));
        Assert.False(IsLinearizable(Swap(0, 1, true, 0, 10), Swap(0, 2, true, 0, 10)));                               // both won
        Assert.False(IsLinearizable(Swap(0, 1, false, 0, 10)));                                                       // nobody won
        Assert.False(IsLinearizable(Write(1, 5, null), Read(1, 0, 4)));                                               // read before it was asked
        Assert.False(IsLinearizable(Write(1, 0, null), Read(1, 1, 2), Read(0, 3, 4)));                                // took effect, then not
    }
}

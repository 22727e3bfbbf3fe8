using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

static class Refused
{
    /// <summary>The rows are wrong.</summary>
    internal static void Because(string start, Func<object> figure) => Says(start, Assert.Throws<KumikiException>(figure));

    /// <summary>The rows are well formed but do not define the figure.</summary>
    internal static void Undefined(string start, Func<object> figure) => Says(start, Assert.Throws<UndefinedFigureException>(figure));

    static void Says(string start, KumikiException refused)
    {
        Assert.StartsWith(start, refused.Says.In("en"), StringComparison.Ordinal);
        Assert.DoesNotContain("{", refused.Says.In("en"), StringComparison.Ordinal);
        Assert.DoesNotContain("{", refused.Says.In("ja"), StringComparison.Ordinal);
    }
}

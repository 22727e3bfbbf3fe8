using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.OnnxRuntime;

public sealed class TelemetryTests
{
    [Fact]
    public void Nothing_of_what_is_run_is_noted_for_the_makers_of_the_library()
    {
        using var session = OnnxSession.Open(TransformGraph.Of([new("price", ColumnKind.Number, new FittedStep.Impute(1, Indicator: false))]).ToBytes());

        // It keeps what it would send in a database of the user's cache, which it opens with the first model.
        var open = Directory.EnumerateFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "");
        Assert.DoesNotContain(open, f => f.Contains("onnxruntime.db", StringComparison.Ordinal));
    }
}

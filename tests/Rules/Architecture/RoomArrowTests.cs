using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Xunit;

namespace Kumiki.Rules.Architecture;

public sealed class RoomArrowTests
{
    [Fact]
    public void Rooms_use_rooms_with_a_lower_number_only()
    {
        using var assembly = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Kumiki.Lifecycle.dll"));
        using var symbols = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Kumiki.Lifecycle.pdb"));

        Assert.Empty(RoomArrows.Broken(assembly, symbols));
    }

    const string Gate = """
        namespace Kumiki.Releasing;
        public class Gate { public static int Count; public void Open() { } public static T Of<T>() => default!; }
        public interface IGate;
        public enum GateKind { In, Out }
        public class GateMark : System.Attribute;
        public struct Both<T>;
        """;

    [Theory]
    [InlineData("class Report { object Make() => new Gate(); }", "Gate")]
    [InlineData("class Report(object gate) { void Make() => ((Gate)gate).Open(); }", "Gate")]
    [InlineData("class Report { int Make() => Gate.Count; }", "Gate")]
    [InlineData("class Report { string Make() => Gate.Of<string>(); }", "Gate")]
    [InlineData("class Report { System.Func<object> Make() => () => new Gate(); }", "Gate")]
    [InlineData("class Report { async System.Threading.Tasks.Task Make() { await System.Threading.Tasks.Task.Yield(); new Gate().Open(); } }", "Gate")]
    [InlineData("class Report { System.Collections.Generic.IEnumerable<int> Make() { yield return Gate.Count; } }", "Gate")]
    [InlineData("class Report { static readonly int Made = Gate.Count; }", "Gate")]
    [InlineData("class Report { System.Type Make() => typeof(System.Collections.Generic.List<Gate[]>); }", "Gate")]
    [InlineData("class Report : Gate;", "Gate")]
    [InlineData("class Report : IGate;", "IGate")]
    [InlineData("abstract class Report { protected abstract void Make(Gate gate); }", "Gate")]
    [InlineData("class Report { public Gate? Made; }", "Gate")]
    [InlineData("class Report<T> where T : Gate;", "Gate")]
    [InlineData("class Report { void Make(GateKind kind) { } }", "GateKind")]
    [InlineData("[GateMark] enum Report { A }", "GateMark")]
    [InlineData("interface Report { Both<int>? Made { get; } }", "Both")]
    [InlineData("class Report { bool Make(object o) { try { return o is 1; } catch (System.Exception e) when (e.Data is Gate) { throw; } } }", "Gate")]
    public void A_room_that_names_a_later_one_is_found(string source, string named) => Assert.Equal(
        [$"07-Test/Report.cs uses 08-Release/{named}"],
        Broken(("07-Test/Report.cs", "using Kumiki.Releasing; " + source), ("08-Release/Gate.cs", Gate)));

    [Fact]
    public void Code_behind_a_switch_of_any_length_is_read()
    {
        var lengths = Enumerable.Range(4, 60).ToList();
        var methods = lengths.Select(n =>
            $"object Make{n}(int n) {{ switch (n) {{ {Joined(Enumerable.Range(0, n), i => $"case {i}: return {i}.5;")} default: return new Gate{n}(); }} }}");

        Assert.Equal(
            lengths.Select(n => $"07-Test/Report.cs uses 08-Release/Gate{n}").Order(StringComparer.Ordinal),
            Broken(("07-Test/Report.cs", $"class Report {{ {string.Concat(methods)} }}"), ("08-Release/Gate.cs", Joined(lengths, n => $"class Gate{n};"))));

        static string Joined(IEnumerable<int> numbers, Func<int, string> text) => string.Concat(numbers.Select(text));
    }

    [Fact]
    public void A_later_room_may_use_an_earlier_one_and_a_room_itself() => Assert.Empty(Broken(
        ("09-Deploy/Report.cs", "using Kumiki.Releasing; class Report : Gate { Other? other; }"),
        ("09-Deploy/deeper/Other.cs", "using Kumiki.Releasing; class Other { GateKind Kind => GateKind.Out; Report? report; }"),
        ("08-Release/Gate.cs", Gate)));

    [Fact]
    public void Each_part_of_a_partial_class_answers_for_its_file_and_a_class_stays_in_one_room()
    {
        Assert.Equal(["06-Train/Report.Log.cs uses 08-Release/Gate"], Broken(
            ("06-Train/Report.cs", "partial class Report { void Make() { } }"),
            ("06-Train/Report.Log.cs", "partial class Report { object Log() => new Kumiki.Releasing.Gate(); }"),
            ("08-Release/Gate.cs", Gate)));
        Assert.Equal(["Report is spread over 06-Train and 07-Test"], Broken(
            ("06-Train/Report.cs", "partial class Report { void Make() { } }"),
            ("07-Test/Report.Log.cs", "partial class Report { void Log() { } }")));
    }

    [Fact]
    public void A_file_in_no_room_is_found() =>
        Assert.Equal(["Shared.cs stands in no room"], Broken(("Shared.cs", "class Shared { void Make() { } }"), ("08-Release/Gate.cs", Gate)));

    static IReadOnlyList<string> Broken(params (string Path, string Source)[] files)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(f => MetadataReference.CreateFromFile(f));
        var trees = files.Select(f => CSharpSyntaxTree.ParseText(f.Source, path: $"/kumiki/src/2-lifecycle/{f.Path}", encoding: System.Text.Encoding.UTF8));
        var compilation = CSharpCompilation.Create("Rooms", trees, references,
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        var (assembly, symbols) = (new MemoryStream(), new MemoryStream());
        var result = compilation.Emit(assembly, symbols, options: new(debugInformationFormat: DebugInformationFormat.PortablePdb));
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        (assembly.Position, symbols.Position) = (0, 0);
        return RoomArrows.Broken(assembly, symbols);
    }
}

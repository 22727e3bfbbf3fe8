using Xunit;

namespace Kumiki.Rules.Architecture;

public sealed class SourceRuleTests
{
    static string InCheckout(string file) => Path.GetRelativePath(SourceTree.Root, file).Replace('\\', '/');

    [Fact]
    public void No_source_says_what_it_may_not()
    {
        var files = SourceTree.Files("src", "*.cs").ToList();
        Assert.NotEmpty(files);
        Assert.Empty(files.SelectMany(f => SourceRules.Broken(InCheckout(f), File.ReadAllText(f))));
        Assert.Empty(SourceTree.Files("src", "*.csproj").SelectMany(f => SourceRules.BrokenProject(InCheckout(f), File.ReadAllText(f))));
    }

    [Fact]
    public void Every_folder_is_named_for_what_it_holds()
    {
        var files = new[] { "src", "tests", "systems", "bench" }.SelectMany(top => SourceTree.Files(top, "*"));
        var folders = files.Select(f => Path.GetDirectoryName(InCheckout(f))!).Distinct().ToList();
        Assert.Contains("tests/Rules/Architecture", folders);
        Assert.Empty(folders.SelectMany(SourceRules.BrokenFolder));
    }

    [Theory]
    [InlineData("src/1-ground/Store/A.cs", "class A { unsafe void M() { } }", "src/1-ground/Store/A.cs:1 is unsafe, which belongs in src/1-ground/Native")]
    [InlineData("src/3-doors/Host/A.cs", "class A\n{\n    void M() { unsafe { } }\n}",
        "src/3-doors/Host/A.cs:3 is unsafe, which belongs in src/1-ground/Native")]
    [InlineData("src/1-ground/Store/A.cs", "namespace Kumiki; public sealed record Version(int Number);",
        "src/1-ground/Store/A.cs:1 declares a public type Version, a name that authors use")]
    [InlineData("src/1-ground/Store/A.cs", "public abstract class Asset { protected struct Index; }",
        "src/1-ground/Store/A.cs:1 declares a public type Index, a name that authors use")]
    [InlineData("src/1-ground/Store/A.cs", "public enum Lock { On }", "src/1-ground/Store/A.cs:1 declares a public type Lock, a name that authors use")]
    [InlineData("src/1-ground/Store/A.cs", "public delegate void Monitor();",
        "src/1-ground/Store/A.cs:1 declares a public type Monitor, a name that authors use")]
    [InlineData("src/1-ground/Store/A.cs", "static class FileUtils;",
        "src/1-ground/Store/A.cs:1 declares FileUtils: name the type for the thing of the field it is")]
    [InlineData("src/1-ground/Store/A.cs", "class A { class RunManager; }",
        "src/1-ground/Store/A.cs:1 declares RunManager: name the type for the thing of the field it is")]
    [InlineData("src/1-ground/Store/A.cs", "static class Common;", "src/1-ground/Store/A.cs:1 declares Common: name the type for the thing of the field it is")]
    [InlineData("src/1-ground/Store/A.cs", "class A { object M() => DateTime.UtcNow; }",
        "src/1-ground/Store/A.cs:1 reads DateTime.UtcNow: take the time from a TimeProvider")]
    [InlineData("src/3-doors/Host/A.cs", "class A { object M() => System.DateTimeOffset.Now.Year; }",
        "src/3-doors/Host/A.cs:1 reads DateTimeOffset.Now: take the time from a TimeProvider")]
    [InlineData("src/3-doors/Host/A.cs", "using static System.DateTime; class A;",
        "src/3-doors/Host/A.cs:1 reads DateTime by a static using: take the time from a TimeProvider")]
    [InlineData("src/2-lifecycle/07-Test/A.cs", "using Microsoft.AspNetCore.Http; class A;",
        "src/2-lifecycle/07-Test/A.cs:1 names Microsoft.AspNetCore, which is for doors only")]
    [InlineData("src/2-lifecycle/07-Test/A.cs", "class A(global::System.CommandLine.Command c);",
        "src/2-lifecycle/07-Test/A.cs:1 names System.CommandLine, which is for doors only")]
    [InlineData("src/1-ground/Store/A.cs", "class A { object M() => Spectre.Console.AnsiConsole.Console; }",
        "src/1-ground/Store/A.cs:1 names Spectre, which is for doors only")]
    public void What_a_source_may_not_say_is_found(string path, string source, string finding) => Assert.Equal([finding], SourceRules.Broken(path, source));

    [Theory]
    [InlineData("src/1-ground/Native/Vips/A.cs", "unsafe class A;")]
    [InlineData("src/1-ground/Store/A.cs", "/* unsafe, DateTime.Now */ class A { string B = \"unsafe Spectre.Console DateTime.Now\"; }")]
    [InlineData("src/1-ground/Store/A.cs",
        "class Version; class B { public class Index; } public class VersionName; public class Commons; public class Managing;")]
    [InlineData("src/1-ground/Store/A.cs", "class A(TimeProvider clock) { object M() => clock.GetUtcNow(); object Now => this.Now; DateTime D => new(); }")]
    [InlineData("src/1-ground/Store/A.cs", "using SpectreLines; using Microsoft.AspNetCoreLike; class A;")]
    [InlineData("src/3-doors/Host/A.cs", "using Microsoft.AspNetCore.Http; using Spectre.Console; class A;")]
    public void What_only_looks_alike_is_fine(string path, string source) => Assert.Empty(SourceRules.Broken(path, source));

    [Fact]
    public void A_project_or_folder_against_the_rules_is_found()
    {
        Assert.Equal(["src/1-ground/Tables/Kumiki.Tables.csproj allows unsafe code, which belongs in src/1-ground/Native"],
            SourceRules.BrokenProject("src/1-ground/Tables/Kumiki.Tables.csproj", "<Project><AllowUnsafeBlocks>true</AllowUnsafeBlocks></Project>"));
        Assert.Empty(SourceRules.BrokenProject("src/1-ground/Native/Kumiki.Native.csproj", "<AllowUnsafeBlocks>true</AllowUnsafeBlocks>"));
        Assert.Equal(["src/1-ground/Common: name the folder for the thing of the field it holds"], SourceRules.BrokenFolder("src/1-ground/Common"));
        Assert.Equal(["src/StringHelpers: name the folder for the thing of the field it holds"], SourceRules.BrokenFolder("src/StringHelpers"));
        Assert.Empty(SourceRules.BrokenFolder("src/1-ground/Store"));
    }
}

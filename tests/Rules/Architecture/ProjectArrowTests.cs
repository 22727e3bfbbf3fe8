using Xunit;

namespace Kumiki.Rules.Architecture;

public sealed class ProjectArrowTests
{
    static IEnumerable<(string Path, string Xml)> Projects =>
        SourceTree.Files("src", "*.csproj").Select(f => (Path.GetRelativePath(SourceTree.Root, f), File.ReadAllText(f)));

    [Fact]
    public void Projects_use_only_what_the_layout_lets_them()
    {
        Assert.NotEmpty(Projects);
        Assert.Empty(ProjectArrows.Broken(Projects));
    }

    [Theory]
    [InlineData("src/1-ground/Onnx/Kumiki.Onnx.csproj", "../Store/Kumiki.Store.csproj",
        "1-ground/Onnx uses 1-ground/Store, but may use only the messages, 1-ground/Native")]
    [InlineData("src/1-ground/Assets/Kumiki.Assets.csproj", "../../2-lifecycle/Kumiki.Lifecycle.csproj",
        "1-ground/Assets uses 2-lifecycle, but may use only the messages")]
    [InlineData("src/1-ground/Messages/Kumiki.Messages.csproj", "../Assets/Kumiki.Assets.csproj",
        "1-ground/Messages uses 1-ground/Assets, but may use only the messages")]
    [InlineData("src/2-lifecycle/Kumiki.Lifecycle.csproj", "../3-doors/Host/Kumiki.Host.csproj",
        "2-lifecycle uses 3-doors/Host, but may use only the messages, 1-ground/Assets, 1-ground/Native, 1-ground/Onnx, 1-ground/Statistics, "
            + "1-ground/Store, 1-ground/Tables, 1-ground/Making")]
    [InlineData("src/3-doors/Runner/Kumiki.Runner.csproj", "../../1-ground/Store/Kumiki.Store.csproj",
        "3-doors/Runner uses 1-ground/Store, but may use only the messages, 1-ground/Onnx")]
    [InlineData("src/4-backends/S3/Kumiki.S3.csproj", "../Postgres/Kumiki.Postgres.csproj",
        "4-backends/S3 uses 4-backends/Postgres, but may use only the messages, 1-ground/Store, 1-ground/Making")]
    [InlineData("src/3-doors/Host/Kumiki.Host.csproj", "../../../tests/Rules/Kumiki.Rules.csproj",
        "3-doors/Host uses tests/Rules, but may use only the messages, 2-lifecycle, 3-doors/Client")]
    public void An_arrow_against_the_layout_is_found(string project, string uses, string finding) => Assert.Equal(
        [finding],
        ProjectArrows.Broken([(project, $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="{uses}" /></ItemGroup></Project>""")]));

    [Fact]
    public void Messages_backends_at_the_program_and_analyzers_at_build_time_are_allowed() => Assert.Empty(ProjectArrows.Broken(
        [
            ("src/1-ground/Statistics/Kumiki.Statistics.csproj",
                """<Project Sdk="Microsoft.NET.Sdk"><ProjectReference Include="../Messages/Kumiki.Messages.csproj" /></Project>"""),
            ("src/3-doors/Program/Kumiki.Program.csproj",
                """<Project Sdk="Microsoft.NET.Sdk"><ProjectReference Include="../../4-backends/S3/Kumiki.S3.csproj" /></Project>"""),
            ("src/2-lifecycle/Kumiki.Lifecycle.csproj",
                """
                <Project Sdk="Microsoft.NET.Sdk">
                  <ProjectReference Include="../3-doors/Analyzers/Kumiki.Analyzers.csproj" ReferenceOutputAssembly="false" />
                </Project>
                """),
        ]));

    [Fact]
    public void A_project_that_the_layout_does_not_know_is_found() => Assert.Equal(
        ["src/1-ground/Shared/Kumiki.Shared.csproj is not in the layout: give it its arrows in ProjectArrows and in the layout"],
        ProjectArrows.Broken([("src/1-ground/Shared/Kumiki.Shared.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""")]));

    [Fact]
    public void A_room_or_the_ground_that_names_a_door_is_found() => Assert.Equal(
        [
            "2-lifecycle uses Microsoft.AspNetCore.App, which is for doors only",
            "2-lifecycle uses Spectre.Console, which is for doors only",
            "1-ground/Store uses System.CommandLine, which is for doors only",
            "1-ground/Making is built with Microsoft.NET.Sdk.Web, which is for doors only",
        ],
        ProjectArrows.Broken(
            [
                ("src/2-lifecycle/Kumiki.Lifecycle.csproj",
                    """
                    <Project Sdk="Microsoft.NET.Sdk">
                      <FrameworkReference Include="Microsoft.AspNetCore.App" />
                      <PackageReference Include="Spectre.Console" />
                    </Project>
                    """),
                ("src/1-ground/Store/Kumiki.Store.csproj",
                    """<Project Sdk="Microsoft.NET.Sdk"><PackageReference Include="System.CommandLine" /><PackageReference Include="Dapper" /></Project>"""),
                ("src/1-ground/Making/Kumiki.Making.csproj", """<Project Sdk="Microsoft.NET.Sdk.Web" />"""),
                ("src/3-doors/Host/Kumiki.Host.csproj",
                    """<Project Sdk="Microsoft.NET.Sdk"><FrameworkReference Include="Microsoft.AspNetCore.App" /></Project>"""),
            ]));
}

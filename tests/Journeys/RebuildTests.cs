using System.Text.Json;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>A small project in a git repository of its own: an old version is made again by the program of its commit.</summary>
public sealed class RebuildTests : IDisposable
{
    static readonly string Bin = Checkout.PathOf("artifacts/bin/DemandForecast/debug_linux-x64");

    readonly string root = Directory.CreateTempSubdirectory("kumiki-rebuild-").FullName;

    [Fact]
    public async Task An_old_version_is_made_again_by_the_program_built_from_its_commit()
    {
        await WriteProjectAsync(price: 3);
        await GitAsync("init", "--quiet");
        await CommitAsync("Three a cup");
        var (first, said) = await RunAsync("make", "cups", "--stage");
        Assert.True(first == 0, said);
        await WriteProjectAsync(price: 4);
        var dirty = await RunAsync("make", "cups");
        await CommitAsync("Four a cup");
        Assert.True(dirty.Code == 0, dirty.Said);

        var again = await RunAsync("reproduce", "cups@1", "--rebuild", "--json");

        Assert.True(again.Code == 0, again.Said);
        using var document = JsonDocument.Parse(again.Said);
        Assert.True(document.RootElement.GetProperty("bitEqual").GetBoolean());
        Assert.Empty(document.RootElement.GetProperty("differences").EnumerateArray());
        var clone = Assert.Single(Directory.GetDirectories(Path.Combine(root, ".kumiki", "programs")), d => Path.GetFileName(d).StartsWith("commit-", StringComparison.Ordinal));
        Assert.Contains("* 3 AS", await File.ReadAllTextAsync(Path.Combine(clone, "Program.cs")), StringComparison.Ordinal);
        Assert.Contains("* 4 AS", await File.ReadAllTextAsync(Path.Combine(root, "Program.cs")), StringComparison.Ordinal);

        var refused = await RunAsync("reproduce", "cups@2", "--rebuild");
        Assert.Equal(1, refused.Code);
        Assert.Matches("The program of run-2 was built from [0-9a-f]{12} with changes that were not committed; leave out --rebuild to run the one that was kept.", refused.Said);
    }

    [Fact]
    public async Task A_program_that_was_built_outside_git_cannot_be_built_again_and_says_so()
    {
        await WriteProjectAsync(price: 3);
        Assert.Equal(0, (await RunAsync("make", "cups")).Code);

        var refused = await RunAsync("reproduce", "cups@1", "--rebuild");

        Assert.Equal((1, "run-1 recorded no git commit, so its program cannot be built again; leave out --rebuild to run the one that was kept."), (refused.Code, refused.Said.Trim()));
    }

    async Task WriteProjectAsync(int price)
    {
        await File.WriteAllTextAsync(Path.Combine(root, ".gitignore"), "bin/\nobj/\n.kumiki/\n");
        await File.WriteAllTextAsync(Path.Combine(root, "Coffee.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable><UseAppHost>false</UseAppHost></PropertyGroup>
              <ItemGroup><FrameworkReference Include="Microsoft.AspNetCore.App" /><Reference Include="{Bin}/*.dll" Exclude="{Bin}/DemandForecast.dll" /><None Include="{Bin}/*.so" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(root, "Program.cs"), $$"""
            using Kumiki;
            return await Workshop.RunAsync(args, project => project.AddAssetsFromThisAssembly());
            public sealed record Cup(int Number, int Price);
            public sealed class Cups : Dataset<Cup>
            {
                public override Query Query => $"SELECT i::INTEGER AS number, CAST(i * {{price}} AS INTEGER) AS price FROM range(1, 100) t(i)";
            }
            """);
    }

    async Task CommitAsync(string message)
    {
        await GitAsync("add", ".");
        await GitAsync("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", message);
    }

    async Task GitAsync(params string[] arguments)
    {
        var (code, said) = await Checkout.RunAsync(root, new Dictionary<string, string>(), "git", arguments);
        Assert.True(code == 0, said);
    }

    /// <summary>Builds the project as it is and runs a verb of it.</summary>
    async Task<(int Code, string Said)> RunAsync(params string[] verb)
    {
        var environment = new Dictionary<string, string> { ["KUMIKI_NATIVE"] = Checkout.PathOf("native/lib"), ["KUMIKI_LANG"] = "en", ["KUMIKI_DATA"] = "" };
        var (code, said) = await Checkout.RunAsync(root, environment, "dotnet", ["build", "-c", "Release", "-v", "quiet", "-nodeReuse:false", "-clp:ErrorsOnly;NoSummary"]);
        return code != 0 ? (code, said) : await Checkout.RunAsync(root, environment, "dotnet", ["bin/Release/net10.0/Coffee.dll", .. verb]);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);
}

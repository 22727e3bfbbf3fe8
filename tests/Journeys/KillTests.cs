using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Journeys;

/// <summary>A command that is killed at any moment loses nothing it has said, and leaves nothing that is in the way.</summary>
/// <remarks>Twenty kills by default; every durable step and three hundred random instants with <c>KUMIKI_ALL_KILLS=1</c>. <c>KUMIKI_KILLS=FILE</c> appends the
/// line <c>kills.NAME = N count</c> of each command to a file.</remarks>
public sealed class KillTests(ITestOutputHelper output)
{
    static readonly bool All = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";

    [Theory]
    [InlineData("load", 4)]
    [InlineData("make", 8)]
    [InlineData("release", 4)]
    [InlineData("gc", 4)]
    public async Task A_killed_command_loses_nothing_it_has_said_and_works_when_it_is_repeated(string name, int kills)
    {
        using var campaign = await KillCampaign.PrepareAsync(name);
        var killed = await campaign.AtStepsAsync(All ? int.MaxValue : kills);
        if (All) killed += await campaign.AtRandomAsync(75, seed: 1);

        var line = $"kills.{name} = {killed} count";
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("KUMIKI_KILLS") is { Length: > 0 } file) await File.AppendAllTextAsync(file, line + "\n");
        Assert.InRange(killed, 1, int.MaxValue);
    }
}

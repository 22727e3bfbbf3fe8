using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

public sealed class PredictionVerbTests
{
    [Fact]
    public async Task Outcomes_come_from_a_file_once_and_can_be_asked_for()
    {
        using var demo = new Demo();
        var file = demo.PathOf("outcomes.csv");
        await File.WriteAllTextAsync(file, "id,value,at,note\np-1,true,2026-03-01T09:30:00Z,\np-2,3.5,2026-03-02,\"paid, late\"\n");

        Assert.Equal(["2 outcomes of credit-decision are kept."], (await demo.MustAsync("outcomes", "credit-decision", file)).Lines);
        await demo.MustAsync("outcomes", "credit-decision", file);
        var rows = await demo.JsonAsync("predictions", "sql", "SELECT id, value, label, note, counts FROM outcomes_credit_decision ORDER BY id");
        Assert.Equal(["p-1|1|true||true", "p-2|3.5|3.5|paid, late|true"], rows.GetProperty("rows").EnumerateArray().Select(r => string.Join("|",
            r.EnumerateArray().Select(c => c.GetString()))));
        Assert.Equal("Nothing was logged of credit-decision yet. Ask it, or look whether the server was started with --log-predictions off.",
            (await demo.MustAsync("predictions", "list", "credit-decision")).Lines[0]);
        var none = await demo.RunAsync("predictions", "show", "p-1");
        Assert.Equal((1, "Nothing was logged under the id p-1. It may have been dropped, or be older than what is kept."), (none.Code, none.Error.Trim()));
        await demo.MustAsync("predictions", "export", "credit-decision", demo.PathOf("out.parquet"));
        await demo.MustAsync("verify");
        await demo.MustAsync("gc", "--grace", "00:00:00");
        await demo.MustAsync("verify");
    }

    [Theory]
    [InlineData("id,value,at\np-1,true,2026-03-01\n,1,2026-03-01\n", "line 3")]
    [InlineData("id,value,at\np-1,true,someday\n", "at must be a time")]
    [InlineData("id,at\np-1,2026-03-01\n", "value")]
    public async Task A_file_with_a_wrong_line_is_refused_whole(string text, string says)
    {
        using var demo = new Demo();
        var file = demo.PathOf("outcomes.csv");
        await File.WriteAllTextAsync(file, text);

        var refused = await demo.RunAsync("outcomes", "credit-decision", file);

        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await demo.RunAsync("predictions", "sql", "SELECT * FROM outcomes_credit_decision")).Code);
    }
}
